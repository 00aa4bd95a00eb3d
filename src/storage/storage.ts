// The interface of a storage: where whole files are written once, read, linked to and swept.
import type { Readable } from 'node:stream'

/**
 * Files by name. A name is 1 to 128 of `A-Z a-z 0-9 _ -`; every method refuses another (`bad_name`). Who names a file puts 128
 * random bits into the name, so that nobody guesses it and no two writes share one.
 *
 * What fails in the storage itself is a `StorageError` that says what would work; what the source throws comes out as it is.
 */
export interface Storage {
  /**
   * Makes sure that this storage can be written, and puts what it needs (a folder, a lifecycle rule). Call it at start.
   * @throws StorageError `bad_setup`, `full` or `failed`
   */
  prepare(): Promise<void>
  /**
   * Writes a file from a stream, in constant memory. Nothing is to be seen of it until it is whole; then it replaces what had
   * its name. A source that fails, or an aborted signal, leaves nothing; what a killed process leaves is for `sweep`.
   * @throws `signal.reason` when aborted, what the source threw, or StorageError
   */
  write(name: string, source: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<Written>
  /**
   * A file, or one range of it; null where there is none of that name. Its content is read no faster than its reader takes it,
   * and has to be read to its end or destroyed.
   * @throws StorageError `bad_range` where the range begins behind the end
   */
  read(name: string, range?: ByteRange): Promise<StoredFile | null>
  /**
   * A URL by which anybody fetches the file without further proof, or null where this storage has none and we serve the content.
   * It does not look whether the file is there.
   */
  link(name: string, options: LinkOptions): Promise<string | null>
  /** Removes a file; fine where there is none. */
  remove(name: string): Promise<void>
  /** Removes what is expired and what writes that were killed have left. It may run beside writes and beside other sweeps. */
  sweep(options: SweepOptions): Promise<Swept>
  /** Closes idle connections. Reads that go on are not waited for. */
  close(): Promise<void>
}

export interface WriteOptions {
  /** What an object store tells those who follow a link. Default `application/octet-stream`. */
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** Called with the bytes taken in so far, about every 256 KiB and at the end. What it throws ends the write. */
  readonly onProgress?: (bytes: number) => void
}

export interface Written {
  /** Bytes. */
  readonly size: number
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly sha256: string
}

/** First and last byte, both counted from 0 and both included, as in HTTP (RFC 9110 14.1.2); to the end without a last one. */
export interface ByteRange {
  readonly first: number
  readonly last?: number
}

export interface StoredFile {
  /** Bytes of the whole file, whatever range was asked for. */
  readonly size: number
  /** The bytes that `content` has: `first` to `last`, both included. An empty file has 0 to -1. */
  readonly first: number
  readonly last: number
  readonly content: Readable
}

export interface LinkOptions {
  /** How long the URL works: 1 to 604800 (7 days). */
  readonly seconds: number
  readonly contentType: string
  /** The name under which a browser saves it. */
  readonly fileName: string
}

export interface SweepOptions {
  /** Files that were written before are expired, unless `isKept` says otherwise. */
  readonly expiredBefore: Date
  /** Writes that were begun (S3) or went on last (directory) before are taken for dead: a day ago, say. */
  readonly unfinishedBefore: Date
  /** Which of these files, written before `expiredBefore`, are to stay: asked for up to 1,000 names at once. Default: none. */
  readonly isKept?: (names: readonly string[]) => Promise<ReadonlySet<string>>
  /** Removes no more files than this in one call. Default 10,000. */
  readonly maxFiles?: number
  readonly signal?: AbortSignal
}

export interface Swept {
  /** Expired files that were removed. */
  readonly removed: number
  /** Unfinished writes that were removed. */
  readonly unfinished: number
  /** It stopped at `maxFiles`: another call may find more. */
  readonly hasMore: boolean
}
