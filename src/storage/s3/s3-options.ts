// What a user says of his bucket, checked.
import { StorageError } from '../storage-error.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** When the SDK asks the function for new ones. */
  readonly expiration?: Date
}

export interface S3Options {
  readonly bucket: string
  /** All that is below it is ours: it is swept, and the lifecycle rule holds for it. Default `colonnade/`; never the whole bucket. */
  readonly prefix?: string
  /** Default: as the SDK finds it (`AWS_REGION`, its configuration file). */
  readonly region?: string
  /** For what speaks like S3: `http://127.0.0.1:9000`. */
  readonly endpoint?: string
  /** `endpoint/bucket/key` in place of `bucket.endpoint/key`. */
  readonly pathStyle?: boolean
  /** Default: as the SDK finds them (environment, configuration file, the machine's role). */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>)
  /** Days after which the bucket itself removes files, whether we run or not. Without it, it only gives up unfinished uploads. */
  readonly expireAfterDays?: number
  /** Bytes of a part: 5 MiB to 5 GiB, default 8 MiB. S3 takes 10,000 parts, so a file has at most 10,000 times as many. */
  readonly partBytes?: number
  /** Parts under way at once. A write holds about (parallelParts + 2) x partBytes in memory. Default 2. */
  readonly parallelParts?: number
}

const mebibyte = 1024 * 1024

export type CheckedS3Options = S3Options & Required<Pick<S3Options, 'prefix' | 'partBytes' | 'parallelParts'>>

/** @throws StorageError `bad_setup` */
export function checkS3Options(options: S3Options): CheckedS3Options {
  const { partBytes = 8 * mebibyte, parallelParts = 2, expireAfterDays } = options
  const prefix = (options.prefix ?? 'colonnade/').replace(/\/$/, '')
  refuse(options.bucket === '', 'Name a bucket.')
  refuse(
    !/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(prefix),
    'The prefix of a storage in S3 is words of A-Z a-z 0-9 _ and - with a slash between, such as "colonnade/reports/".',
  )
  refuse(!isWhole(partBytes, 5 * mebibyte, 5 * 1024 * mebibyte), 'partBytes is a whole number from 5 MiB to 5 GiB.')
  refuse(!isWhole(parallelParts, 1, 100), 'parallelParts is a whole number from 1 to 100.')
  refuse(
    expireAfterDays !== undefined && !isWhole(expireAfterDays, 1, 36_500),
    'expireAfterDays is a whole number from 1.',
  )
  return { ...options, prefix: `${prefix}/`, partBytes, parallelParts }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new StorageError('bad_setup', message)
}
