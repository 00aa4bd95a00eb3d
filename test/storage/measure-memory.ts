// A process that writes 200 MB in rows and reads them slowly, and prints how far its memory rose: `measure-memory.ts '<config>'`.
import { setTimeout as sleep } from 'node:timers/promises'
import { openStorage, type StorageConfig } from '../../src/storage/open-storage.ts'

const storage = await openStorage(JSON.parse(process.argv[2] ?? '') as StorageConfig)
const row = Buffer.alloc(200, 'x')
const rowCount = 1_000_000

async function* rows(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 1) yield row
}

let peak = 0
function look(): number {
  const { heapUsed, external } = process.memoryUsage()
  peak = Math.max(peak, heapUsed + external)
  return heapUsed + external
}

async function riseOf(work: () => Promise<unknown>): Promise<number> {
  peak = 0
  const before = look()
  await work()
  return peak - before
}

// What is loaded at the first request is not counted.
await storage.prepare()
await storage.write('small', rows(1))
const { signal } = new AbortController()

const writing = await riseOf(() => storage.write('large', rows(rowCount), { signal, onProgress: look }))
let bytes = 0
const reading = await riseOf(async () => {
  const file = await storage.read('large')
  if (!file) throw new Error('It is not there')
  for await (const chunk of file.content) {
    // Long enough for all the rest to arrive, were it not held back.
    if (bytes === 0) for (let i = 0; i < 20; i += 1) await sleep(50).then(look)
    bytes += (chunk as Buffer).length
    look()
  }
})
console.log(JSON.stringify({ writing, reading, bytes }))
await storage.close()
