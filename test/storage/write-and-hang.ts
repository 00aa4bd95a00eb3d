// A process that writes 12 MiB of a file and then waits for ever, to be killed: `write-and-hang.ts '<config>' <name>`.
import { openStorage, type StorageConfig } from '../../src/storage/open-storage.ts'

const [config = '', name = ''] = process.argv.slice(2)
const storage = await openStorage(JSON.parse(config) as StorageConfig)

async function* source(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 12; i += 1) yield Buffer.alloc(1024 * 1024, i)
  console.log('hangs')
  await new Promise(resolve => setTimeout(resolve, 600_000))
}

await storage.write(name, source())
