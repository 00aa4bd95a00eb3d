// What the tests use of s3rver, which comes without types.
declare module 's3rver' {
  import type { RequestListener } from 'node:http'

  interface Stored {
    readonly bucket: string
    readonly key: string
  }
  interface Sized {
    readonly size: number
  }
  interface ReadOptions {
    start?: number
    end?: number | string
  }

  export default class S3rver {
    constructor(options: {
      readonly directory: string
      readonly silent: boolean
      readonly vhostBuckets: boolean
      readonly configureBuckets: readonly { readonly name: string }[]
    })
    readonly logger: { readonly exceptions: { unhandle(): void }; close(): void }
    readonly store: {
      getResourcePath(bucket: string, key: string | undefined, resource: string): string
      listObjects(
        bucket: string,
        options: { readonly prefix: string; readonly startAfter: string; readonly maxKeys: number },
      ): Promise<{
        readonly objects: readonly { readonly key: string; readonly lastModifiedDate: Date }[]
        readonly isTruncated: boolean
      }>
      getObject(bucket: string, key: string, options?: ReadOptions): Promise<unknown>
      putObject(object: Stored): Promise<Sized>
      putPart(bucket: string, uploadId: string, partNumber: number, content: unknown): Promise<Sized>
    }
    configureBuckets(): Promise<unknown>
    callback(): RequestListener
  }
}
