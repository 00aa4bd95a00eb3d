// Reads an object, or a range of it, as a stream.
import { Readable } from 'node:stream'
import { checkRange } from '../span-of.ts'
import type { ByteRange, StoredFile } from '../storage.ts'
import { StorageError } from '../storage-error.ts'
import type { Bucket } from './bucket.ts'

export async function readObject(
  { sdk, client, name: Bucket }: Bucket,
  Key: string,
  range: ByteRange | undefined,
): Promise<StoredFile | null> {
  if (range) checkRange(range)
  const command = new sdk.GetObjectCommand({
    Bucket,
    Key,
    ...(range && { Range: `bytes=${range.first}-${range.last ?? ''}` }),
  })
  try {
    const { Body, ContentLength, ContentRange } = await client.send(command)
    if (!(Body instanceof Readable)) throw new Error('S3 answered without a body.')
    try {
      return { ...(range ? readContentRange(ContentRange, range) : wholeOf(ContentLength)), content: Body }
    } catch (error) {
      Body.destroy()
      throw error
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error.name === 'NoSuchKey' || error.name === 'NotFound') return null
    throw error.name === 'InvalidRange' ? behindTheEnd(range, error) : error
  }
}

type Span = Omit<StoredFile, 'content'>

function wholeOf(length: number | undefined): Span {
  if (length === undefined) throw new Error('S3 did not say how long the file is.')
  return { size: length, first: 0, last: length - 1 }
}

/** Some servers answer other bytes than were asked for; nobody is to take them for those. */
function readContentRange(text: string | undefined, range: ByteRange): Span {
  const [first, last, size] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(text ?? '') ?? []).slice(1).map(Number)
  // S3 answers 416 here; some that speak like it, 206.
  if (size === 0) throw behindTheEnd(range)
  const isAsked = first === range.first && last === Math.min(range.last ?? Number.POSITIVE_INFINITY, (size ?? 0) - 1)
  if (size === undefined || last === undefined || first === undefined || !isAsked) {
    throw new Error(`S3 answered another range than bytes ${range.first}-${range.last ?? ''}: ${text}.`)
  }
  return { size, first, last }
}

function behindTheEnd(range: ByteRange | undefined, cause?: Error): StorageError {
  return new StorageError('bad_range', `The range begins at byte ${range?.first}, behind the end of the file.`, {
    cause,
  })
}
