// Compiles the encoder of a plan's records, in the form that was asked for.
import type { Layout } from '../plan/layout.ts'
import { compilePlainRecord, type WriteRecord } from './json-record.ts'
import { compileResourceObject } from './resource-object.ts'

export function compileRecord(layout: Layout): WriteRecord {
  return layout.object ? compileResourceObject(layout) : compilePlainRecord(layout)
}
