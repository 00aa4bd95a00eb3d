// The storage in a bucket of S3, or of what speaks like it.
import { toContentDisposition } from '../../respond/to-content-disposition.ts'
import { checkName } from '../check-name.ts'
import type { LinkOptions, Storage } from '../storage.ts'
import { StorageError } from '../storage-error.ts'
import type { Bucket } from './bucket.ts'
import { explainS3Error } from './explain-s3-error.ts'
import { loadSdk } from './load-sdk.ts'
import { prepareBucket } from './prepare-bucket.ts'
import { readObject } from './read-object.ts'
import { type CheckedS3Options, checkS3Options, type S3Options } from './s3-options.ts'
import { sweepBucket } from './sweep-bucket.ts'
import { uploadObject } from './upload-object.ts'

/**
 * Opens nothing yet: requests begin with the first call.
 * @throws StorageError `bad_setup` for settings that cannot work or packages that are missing
 */
export async function openS3(given: S3Options, warn: (message: string) => void): Promise<Storage> {
  const options = checkS3Options(given)
  const bucket = await toBucket(options, warn)
  const { sdk, client, name: Bucket } = bucket
  const toKey = (name: string): string => {
    checkName(name)
    return bucket.prefix + name
  }
  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw explainS3Error(error, bucket)
    }
  }

  return {
    prepare: () => explained(prepareBucket(bucket, options.expireAfterDays)),
    write: async (name, source, writeOptions = {}) => uploadObject(bucket, toKey(name), source, writeOptions),
    read: async (name, range) => explained(readObject(bucket, toKey(name), range)),
    async link(name, linkOptions) {
      const Key = toKey(name)
      checkSeconds(linkOptions)
      const command = new sdk.GetObjectCommand({
        Bucket,
        Key,
        ResponseContentType: linkOptions.contentType,
        ResponseContentDisposition: toContentDisposition(linkOptions.fileName),
        ResponseCacheControl: 'private, no-store',
      })
      return explained(sdk.getSignedUrl(client, command, { expiresIn: linkOptions.seconds }))
    },
    async remove(name) {
      await explained(client.send(new sdk.DeleteObjectCommand({ Bucket, Key: toKey(name) })))
    },
    sweep: sweepOptions => explained(sweepBucket(bucket, sweepOptions)),
    async close() {
      client.destroy()
    },
  }
}

/** Times are for connecting, and for an answer to begin: a reader of a content may be as slow as he is. */
const timeouts = { connectionTimeout: 5_000, requestTimeout: 120_000, throwOnRequestTimeout: true }

async function toBucket(options: CheckedS3Options, warn: (message: string) => void): Promise<Bucket> {
  const { region, endpoint, credentials, pathStyle = false, prefix, partBytes, parallelParts } = options
  const sdk = await loadSdk()
  const client = new sdk.S3Client({
    forcePathStyle: pathStyle,
    requestHandler: timeouts,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  })
  return { sdk, client, name: options.bucket, prefix, partBytes, parallelParts, warn }
}

const maxLinkSeconds = 7 * 24 * 3_600

function checkSeconds({ seconds }: LinkOptions): void {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= maxLinkSeconds) return
  throw new StorageError('failed', `A link lives 1 to ${maxLinkSeconds} seconds, not ${seconds}.`)
}
