// Fetches a traffic report into a file: `TOKEN=… node examples/bare-metal/get-report.ts http://127.0.0.1:8080/api 1234`
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { fetchReport, ReportError } from './fetch-report.ts'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: text, until: text, out: text, 'max-requests': text },
})
const [url, server] = positionals
const token = process.env.TOKEN
if (url === undefined || server === undefined || token === undefined) {
  console.error('TOKEN=… node get-report.ts URL SERVER [--from TIME] [--until TIME] [--out FILE] [--max-requests 30]')
  process.exit(2)
}
try {
  const content = await fetchReport({
    url: `${url}/traffic-reports`,
    token,
    parameters: {
      bare_metal_id: Number(server),
      measured_from: values.from ?? '2014-09-29',
      measured_until: values.until ?? '2014-10-01',
    },
    maxRequests: Number(values['max-requests'] ?? 30),
    onStep: step => console.error(step),
  })
  const out = values.out === undefined ? process.stdout : createWriteStream(values.out)
  await pipeline(content.body ? Readable.fromWeb(content.body) : Readable.from([]), out)
} catch (error) {
  if (!(error instanceof ReportError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
