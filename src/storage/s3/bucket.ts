// What every request to S3 needs: the packages, the client, the bucket and the prefix.
import type { S3Client } from '@aws-sdk/client-s3'
import type { Sdk } from './load-sdk.ts'

export interface Bucket {
  readonly sdk: Sdk
  readonly client: S3Client
  readonly name: string
  /** Ends with a slash. All that is below is ours. */
  readonly prefix: string
  /** Bytes of a part of an upload, and how many are under way at once: what an upload holds in memory. */
  readonly partBytes: number
  readonly parallelParts: number
  readonly warn: (message: string) => void
}
