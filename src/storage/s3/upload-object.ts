// Writes a file as an object: in one request, or in parts of which nothing is to be seen before the last request.
import type { WriteOptions, Written } from '../storage.ts'
import { StorageError } from '../storage-error.ts'
import { takeIn } from '../take-in.ts'
import type { Bucket } from './bucket.ts'
import { explainS3Error } from './explain-s3-error.ts'
import { PartBuffers } from './part-buffers.ts'
import { beginUpload, type PartUpload, putObject } from './part-upload.ts'

/** Of S3. */
const maxParts = 10_000

/** A file of no more than a part goes in one request. */
export async function uploadObject(
  bucket: Bucket,
  key: string,
  source: AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<Written> {
  const { contentType = 'application/octet-stream', signal } = options
  const intake = takeIn(source, options)
  const target = { bucket, key, contentType, signal }
  const buffers = new PartBuffers(bucket)
  let upload: PartUpload | null = null
  let count = 0
  try {
    signal?.throwIfAborted()
    for await (const block of intake.blocks()) {
      // A part that is full waits for what comes behind it: perhaps it is all there is.
      for (let taken = buffers.fill(block); taken < block.length; taken += buffers.fill(block.subarray(taken))) {
        upload ??= await beginUpload(target)
        count += 1
        if (count === maxParts) throw new StorageError('full', tooLarge(bucket))
        await buffers.send(upload.put)
      }
    }
    if (upload) {
      await buffers.send(upload.put)
      await upload.complete(await buffers.sent())
    } else await putObject(target, buffers.filled)
    return intake.result()
  } catch (error) {
    // What is under way may still be read from its buffer, and a part that comes late would outlive the end of its upload.
    await buffers.settled()
    await upload?.abort()
    throw intake.failure(error, cause => explainS3Error(cause, bucket))
  }
}

function tooLarge({ name, partBytes }: Bucket): string {
  return `A file in the bucket ${name} has at most 10,000 parts of ${partBytes} bytes: raise partBytes.`
}
