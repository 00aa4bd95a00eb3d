// NDJSON: one record a line, each with the very bytes that it has in the list of a JSON answer.
import type { ExportFormat } from './export-format.ts'
import { compilePlainRecord } from './json-record.ts'

const lineFeed = 0x0a

export const ndjson: ExportFormat = {
  mediaType: 'application/x-ndjson',
  parameters: { charset: 'utf-8' },
  contentType: 'application/x-ndjson',
  open(layout) {
    const writeRecord = compilePlainRecord(layout)
    return {
      head: '',
      write(row, out) {
        writeRecord(row, out, '')
        out.byte(lineFeed)
      },
      finish: text => text,
    }
  },
}
