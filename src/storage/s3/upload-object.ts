// Uploads a file in parts, of which nothing is to be seen before the last request.

import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { WriteOptions, Written } from '../storage.ts'
import { blockBytes, takeIn } from '../take-in.ts'
import type { Bucket } from './bucket.ts'
import { explainS3Error } from './explain-s3-error.ts'

/** A file of less than a part goes in one request. */
export async function uploadObject(
  bucket: Bucket,
  key: string,
  source: AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<Written> {
  const { contentType = 'application/octet-stream', signal } = options
  const intake = takeIn(source, options)
  try {
    signal?.throwIfAborted()
    const upload = new bucket.sdk.Upload({
      client: interruptible(bucket, signal),
      params: {
        Bucket: bucket.name,
        Key: key,
        ContentType: contentType,
        Body: Readable.from(copies(intake.blocks()), { objectMode: false, highWaterMark: blockBytes }),
      },
      partSize: bucket.partBytes,
      queueSize: bucket.parallelParts,
    })
    await upload.done()
    return intake.result()
  } catch (error) {
    throw intake.failure(error, cause => explainS3Error(cause, bucket))
  }
}

/**
 * The client, as one upload sees it. Its parts end when the signal is aborted. The request that makes the file appear is not sent
 * after an abort, and not interrupted once it is sent: nobody could say then whether the file is there.
 */
function interruptible({ sdk, client, warn }: Bucket, signal: AbortSignal | undefined): S3Client {
  async function send(command: Parameters<S3Client['send']>[0]): Promise<unknown> {
    if (command instanceof sdk.AbortMultipartUploadCommand) {
      // What is left is for the sweep; the error that led here is the one to tell.
      return client.send(command).catch((error: Error) => {
        if (error.name !== 'NoSuchUpload') warn(`An unfinished upload was left for the sweep: ${error.message}`)
      })
    }
    signal?.throwIfAborted()
    const appears = command instanceof sdk.CompleteMultipartUploadCommand || command instanceof sdk.PutObjectCommand
    return client.send(command, appears || !signal ? {} : { abortSignal: signal })
  }
  return Object.create(client, { send: { value: send } }) as S3Client
}

/** A part is gathered from blocks that have to stay as they are. */
async function* copies(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const block of blocks) yield Buffer.from(block)
}
