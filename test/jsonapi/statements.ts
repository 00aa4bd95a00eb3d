// The normative statements of JSON:API 1.1, one row each, with how it is met.
import { choosing } from './choosing.ts'
import { creating } from './creating.ts'
import { documents } from './documents.ts'
import { errors } from './errors.ts'
import { fetching } from './fetching.ts'
import { linking } from './linking.ts'
import { memberNames } from './member-names.ts'
import { negotiation } from './negotiation.ts'
import { resourceObjects } from './resource-objects.ts'
import type { Statement } from './statement.ts'
import { updating } from './updating.ts'

/** By topic, in the order of the specification. */
export const statements: ReadonlyMap<string, readonly Statement[]> = new Map([
  ['Media types', negotiation],
  ['Documents', documents],
  ['Resource objects', resourceObjects],
  ['Names of members', memberNames],
  ['Fetching', fetching],
  ['Includes, fields, order, pages and filters', choosing],
  ['Making records', creating],
  ['Changing and deleting records', updating],
  ['Changing relationships', linking],
  ['Parameters and errors', errors],
])
