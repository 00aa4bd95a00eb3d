// Loads the packages that speak S3, which only those install who need them.
import type * as Client from '@aws-sdk/client-s3'
import type * as Upload from '@aws-sdk/lib-storage'
import type * as Presigner from '@aws-sdk/s3-request-presigner'
import { StorageError } from '../storage-error.ts'

export type Sdk = typeof Client & Pick<typeof Upload, 'Upload'> & Pick<typeof Presigner, 'getSignedUrl'>

/** @throws StorageError `bad_setup` with what to install */
export async function loadSdk(): Promise<Sdk> {
  try {
    const [client, { Upload }, { getSignedUrl }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/lib-storage'),
      import('@aws-sdk/s3-request-presigner'),
    ])
    return { ...client, Upload, getSignedUrl }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new StorageError(
      'bad_setup',
      'Storage in S3 needs packages that are not installed: ' +
        'npm install @aws-sdk/client-s3 @aws-sdk/lib-storage @aws-sdk/s3-request-presigner',
      { cause },
    )
  }
}
