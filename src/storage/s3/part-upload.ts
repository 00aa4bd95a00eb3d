// The requests of an upload. Parts end when the signal is aborted. The request that makes the file appear is not sent after an abort, and not
// interrupted once it is sent: nobody could say then whether the file is there.
import type { CompletedPart } from '@aws-sdk/client-s3'
import type { Bucket } from './bucket.ts'

export interface UploadTarget {
  readonly bucket: Bucket
  readonly key: string
  readonly contentType: string
  readonly signal: AbortSignal | undefined
}

export type SentPart = CompletedPart & { readonly PartNumber: number }

/** @param number from 1 */
export type PutPart = (number: number, content: Buffer) => Promise<SentPart>

export interface PartUpload {
  readonly put: PutPart
  complete(parts: readonly SentPart[]): Promise<void>
  /** Never fails: what is left is for the sweep, and the error that led here is the one to tell. */
  abort(): Promise<void>
}

export async function putObject({ bucket, key, contentType, signal }: UploadTarget, content: Buffer): Promise<void> {
  const { sdk, client, name: Bucket } = bucket
  signal?.throwIfAborted()
  await client.send(new sdk.PutObjectCommand({ Bucket, Key: key, ContentType: contentType, Body: content }))
}

export async function beginUpload({ bucket, key, contentType, signal }: UploadTarget): Promise<PartUpload> {
  const { sdk, client, name: Bucket, warn } = bucket
  const aborting = signal ? { abortSignal: signal } : {}
  // The parts bring a checksum unless the account says otherwise, and the upload has to say so first.
  const isChecked = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({
      ...{ Bucket, Key: key, ContentType: contentType },
      ...(isChecked && { ChecksumAlgorithm: 'CRC32' }),
    }),
    aborting,
  )
  const upload = { Bucket, Key: key, UploadId }
  return {
    async put(PartNumber, Body) {
      const { ETag, ChecksumCRC32 } = await client.send(
        new sdk.UploadPartCommand({ ...upload, PartNumber, Body }),
        aborting,
      )
      return { PartNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) }
    },
    async complete(parts) {
      signal?.throwIfAborted()
      await client.send(new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...parts] } }))
    },
    async abort() {
      await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch((error: Error) => {
        if (error.name !== 'NoSuchUpload') warn(`An unfinished upload was left for the sweep: ${error.message}`)
      })
    },
  }
}
