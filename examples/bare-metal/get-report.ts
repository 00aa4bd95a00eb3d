// Fetches a traffic report into a file: `TOKEN=… node examples/bare-metal/get-report.ts http://127.0.0.1:8080/api 1234`
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { fetchReport, ReportError } from './fetch-report.ts'

const text = { type: 'string' } as const
const options = { from: text, until: text, format: text, report: text, out: text, 'max-requests': text }
const { values, positionals } = parseArgs({ allowPositionals: true, options })
const [url, server] = positionals
const token = process.env.TOKEN
const maxRequests = Number(values['max-requests'] ?? 30)
const isWhole = (server === undefined) !== (values.report === undefined)
if (url === undefined || !isWhole || token === undefined || !(maxRequests >= 1)) {
  console.error(`TOKEN=… node get-report.ts URL SERVER [--from TIME] [--until TIME] [--format csv|json|ndjson]
TOKEN=… node get-report.ts URL --report ID    (one that was asked for before)
  [--out FILE] [--max-requests 30]`)
  process.exit(2)
}

/** Its file is there once it is whole. */
async function save(content: Response, file: string | undefined): Promise<void> {
  const body = content.body ? Readable.fromWeb(content.body) : Readable.from([])
  if (file === undefined) return pipeline(body, process.stdout)
  const draft = `${file}.part`
  try {
    await pipeline(body, createWriteStream(draft))
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw new ReportError(`The content was cut off: ${(error as Error).message}`, { cause: error })
  }
}

try {
  const content = await fetchReport({
    url: `${url}/traffic-reports`,
    token,
    report:
      values.report === undefined
        ? {
            bare_metal: Number(server),
            measured_from: values.from ?? '2014-09-29',
            measured_until: values.until ?? '2014-10-01',
            ...(values.format !== undefined && { format: values.format }),
          }
        : { id: values.report },
    maxRequests,
    onStep: step => console.error(step),
  })
  await save(content, values.out)
} catch (error) {
  console.error((error as Error).message)
  // What was asked for is made all the same.
  if (error instanceof ReportError && error.place !== null) console.error(`The report: ${error.place}`)
  process.exitCode = 1
}
