// The S3 server of the tests: s3rver on loopback, with what it lacks done on its own files (unfinished uploads, pages, rules).
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import S3rver from 's3rver'
import type { S3Options } from '../../src/storage/s3/s3-options.ts'

export interface S3Server {
  /** How to reach it. */
  readonly options: S3Options
  /** `METHOD /path?query` of every request, in order. */
  readonly requests: string[]
  /** Whether it knows lifecycle rules and lists of uploads, as S3 does; s3rver by itself does not. */
  isComplete: boolean
  /** The lifecycle rules that were put, as XML. */
  lifecycle: string | null
  /** A pattern of requests that are answered with 403, as to one who may not. */
  refuses: RegExp | null
  /** A pattern of requests that wait until the promise is fulfilled, before anything of them is read. */
  holds: { readonly pattern: RegExp; readonly until: Promise<unknown> } | null
  /** Unfinished uploads. */
  uploads(): Promise<readonly string[]>
  /** Makes all unfinished uploads, or the object of a key, as old as that. */
  age(what: 'uploads' | { readonly key: string }, at: Date): Promise<void>
  stop(): Promise<void>
}

type Store = S3rver['store']

const bucket = 'tests'

export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'colonnade-s3-'))
  const app = new S3rver({ directory, silent: true, vhostBuckets: false, configureBuckets: [{ name: bucket }] })
  await app.configureBuckets()
  mend(app)
  // s3rver removes a folder with its last object, under the hands of who writes the next one.
  await mkdir(join(directory, bucket, 'files'))
  await writeFile(join(directory, bucket, 'files', '.keep'), '')
  const uploadsFolder = app.store.getResourcePath(bucket, undefined, 'uploads')
  const serve = app.callback()
  const server = createServer((request, response) => {
    self.requests.push(`${request.method} ${request.url}`)
    answer(self, app, request, response).then(
      isAnswered => isAnswered || serve(request, response),
      error => response.destroy(error),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const self: S3Server = {
    options: {
      bucket,
      prefix: 'files/',
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      pathStyle: true,
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    },
    requests: [],
    isComplete: true,
    lifecycle: null,
    refuses: null,
    holds: null,
    uploads: () => (existsSync(uploadsFolder) ? readdir(uploadsFolder) : Promise.resolve([])),
    async age(what, at) {
      if (what !== 'uploads') return utimes(app.store.getResourcePath(bucket, what.key, 'object'), at, at)
      for (const id of await self.uploads()) await utimes(join(uploadsFolder, id, 'key'), at, at)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      app.logger.exceptions.unhandle()
      app.logger.close()
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return self
}

/** s3rver answers before its files are whole on the disk, and takes a range that ends at byte 0 for one without an end. */
function mend({ store }: S3rver): void {
  const putObject = store.putObject.bind(store)
  const putPart = store.putPart.bind(store)
  const getObject = store.getObject.bind(store)
  store.putObject = async object => {
    const put = await putObject(object)
    await grown(store.getResourcePath(object.bucket, object.key, 'object'), put.size)
    return put
  }
  store.putPart = async (name, uploadId, part, content) => {
    const put = await putPart(name, uploadId, part, content)
    await grown(join(store.getResourcePath(name, undefined, 'uploads'), uploadId, String(part)), put.size)
    return put
  }
  store.getObject = (name, key, options) => {
    if (options?.end === 0) options.end = '0'
    return getObject(name, key, options)
  }
}

async function grown(path: string, size: number): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const found = await stat(path).catch(() => null)
    if (found && found.size >= size) return
    await sleep(2)
  }
  throw new Error(`${path} did not grow to ${size} bytes`)
}

async function answer(
  server: S3Server,
  { store }: S3rver,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = new URL(request.url ?? '', 'http://127.0.0.1')
  const query = url.searchParams
  if (server.holds?.pattern.test(`${request.method} ${request.url}`)) await server.holds.until
  if (server.refuses?.test(`${request.method} ${request.url}`)) {
    request.resume()
    return say(response, 403, error('AccessDenied'))
  }
  if (!server.isComplete) return false
  if (request.method === 'DELETE' && query.has('uploadId')) {
    const folder = join(store.getResourcePath(bucket, undefined, 'uploads'), query.get('uploadId') ?? '')
    if (!existsSync(folder)) return say(response, 404, error('NoSuchUpload'))
    await rm(folder, { recursive: true, maxRetries: 5 })
    return say(response, 204, '')
  }
  if (request.method === 'GET' && query.has('uploads')) {
    return say(response, 200, await listUploads(server, store, query))
  }
  if (request.method === 'GET' && query.has('list-type')) return say(response, 200, await listObjects(store, query))
  if (!query.has('lifecycle')) return false
  if (request.method === 'PUT') {
    server.lifecycle = await text(request)
    return say(response, 200, '')
  }
  if (server.lifecycle === null) return say(response, 404, error('NoSuchLifecycleConfiguration'))
  return say(response, 200, server.lifecycle)
}

/** Pages of two, so that callers have to turn them. */
async function listUploads(server: S3Server, store: Store, query: URLSearchParams): Promise<string> {
  const folder = store.getResourcePath(bucket, undefined, 'uploads')
  const found = []
  for (const id of [...(await server.uploads())].sort()) {
    const path = join(folder, id, 'key')
    // Null where it ended meanwhile.
    const key = await readFile(path, 'utf8').catch(() => null)
    const at = (await stat(path).catch(() => null))?.mtime
    if (
      key === null ||
      !at ||
      !key.startsWith(query.get('prefix') ?? '') ||
      id <= (query.get('upload-id-marker') ?? '')
    )
      continue
    found.push({ id, key, at: at.toISOString() })
  }
  const page = found.slice(0, 2)
  const last = page.at(-1)
  const uploads = page.map(
    ({ id, key, at }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at}</Initiated></Upload>`,
  )
  const next = `<NextKeyMarker>${last?.key}</NextKeyMarker><NextUploadIdMarker>${last?.id}</NextUploadIdMarker>`
  const more =
    found.length > page.length ? `<IsTruncated>true</IsTruncated>${next}` : '<IsTruncated>false</IsTruncated>'
  return `<ListMultipartUploadsResult>${more}${uploads.join('')}</ListMultipartUploadsResult>`
}

/** s3rver's own pages end with a cipher that node has no more. */
async function listObjects(store: Store, query: URLSearchParams): Promise<string> {
  const { objects, isTruncated } = await store.listObjects(bucket, {
    prefix: query.get('prefix') ?? '',
    startAfter: Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString(),
    maxKeys: Number(query.get('max-keys') ?? 1_000),
  })
  const contents = objects.map(
    ({ key, lastModifiedDate }) =>
      `<Contents><Key>${key}</Key><LastModified>${lastModifiedDate.toISOString()}</LastModified></Contents>`,
  )
  const token = Buffer.from(objects.at(-1)?.key ?? '').toString('base64url')
  const more = isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : ''
  return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`
}

function error(code: string): string {
  return `<Error><Code>${code}</Code><Message>${code}</Message></Error>`
}

function say(response: ServerResponse, status: number, body: string): true {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body)
  return true
}
