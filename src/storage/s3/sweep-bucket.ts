// Removes expired objects and dead uploads below the prefix.
import { isName } from '../check-name.ts'
import type { SweepOptions, Swept } from '../storage.ts'
import { type ListedFile, sweepExpired } from '../sweep-expired.ts'
import type { Bucket } from './bucket.ts'

export async function sweepBucket(bucket: Bucket, options: SweepOptions): Promise<Swept> {
  const unfinished = await sweepUploads(bucket, options)
  const { removed, hasMore } = await sweepExpired(listFiles(bucket, options.signal), options, names =>
    removeObjects(bucket, names),
  )
  return { removed, unfinished, hasMore }
}

/** Objects with names that we give: what else lies below the prefix is not ours to remove. */
async function* listFiles({ sdk, client, name, prefix }: Bucket, signal?: AbortSignal): AsyncGenerator<ListedFile> {
  const pages = sdk.paginateListObjectsV2(
    { client, pageSize: 1_000 },
    { Bucket: name, Prefix: prefix },
    abortBy(signal),
  )
  for await (const { Contents = [] } of pages) {
    for (const { Key = '', LastModified } of Contents) {
      const file = Key.slice(prefix.length)
      if (LastModified && isName(file)) yield { name: file, writtenAt: LastModified }
    }
  }
}

/** One request for up to 1,000. */
async function removeObjects({ sdk, client, name: Bucket, prefix }: Bucket, names: readonly string[]): Promise<number> {
  const Objects = names.map(name => ({ Key: prefix + name }))
  const { Errors = [] } = await client.send(new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
  const [first] = Errors
  if (first)
    throw Object.assign(new Error(`${Errors.length} files stayed: ${first.Message}`), { name: first.Code ?? 'Error' })
  return names.length
}

async function sweepUploads(bucket: Bucket, { unfinishedBefore, signal }: SweepOptions): Promise<number> {
  let count = 0
  try {
    for await (const upload of listUploads(bucket, signal)) {
      if (!upload.Initiated || upload.Initiated >= unfinishedBefore) continue
      count += await abortUpload(bucket, { Key: upload.Key, UploadId: upload.UploadId })
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NotImplemented') throw error
    bucket.warn(`${bucket.name} does not list unfinished uploads: see to it that it gives them up by itself.`)
  }
  return count
}

/** The SDK pages everything but this. */
async function* listUploads({ sdk, client, name: Bucket, prefix: Prefix }: Bucket, signal?: AbortSignal) {
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {}
  while (from) {
    const command: InstanceType<typeof sdk.ListMultipartUploadsCommand> = new sdk.ListMultipartUploadsCommand({
      Bucket,
      Prefix,
      ...from,
    })
    const page = await client.send(command, abortBy(signal))
    yield* page.Uploads ?? []
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null
  }
}

/** 0 where it is gone: ended meanwhile, or removed by another sweep. */
async function abortUpload(
  { sdk, client, name: Bucket }: Bucket,
  upload: { Key: string | undefined; UploadId: string | undefined },
) {
  try {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, ...upload }))
    return 1
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchUpload') return 0
    throw error
  }
}

function abortBy(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {}
}
