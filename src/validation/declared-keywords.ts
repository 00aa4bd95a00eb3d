// Compiles what a resource declares of a field in JSON Schema (2020-12), with Ajv.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { quote } from '../errors/quote.ts'
import { type ColumnType, fromJson } from '../types/index.ts'
import type { Limits } from './limits.ts'
import { sayList } from './problem.ts'

/** Keywords of JSON Schema: `{ minLength: 1, pattern: '^[a-z]', format: 'email' }`. */
export type Keywords = Readonly<Record<string, unknown>>

/** What is broken in a value, each in words that follow "It is", and where below it: `/0/name`. */
export interface Broken {
  readonly at: string
  readonly words: readonly string[]
}
export type CheckKeywords = (value: unknown) => Broken | undefined

/** What can be held to the text of a value exactly is taken out of the keywords: numbers in strings, lengths, bounds. */
export function splitKeywords(
  keywords: Keywords,
  type: ColumnType,
): { readonly limits: Limits; readonly rest: Keywords } {
  const rest: Record<string, unknown> = { ...keywords }
  const limits: Record<string, unknown> = {}
  const names = type.number !== null ? boundNames : type.family === 'text' ? lengthNames : []
  for (const name of names) {
    const value = rest[name]
    if (typeof value !== 'number') continue
    limits[name] = name === 'minLength' || name === 'maxLength' ? value : decimal(value)
    delete rest[name]
  }
  const values = 'const' in rest ? [rest.const] : rest.enum
  if (type.number === 'exact' && Array.isArray(values)) {
    limits.values = values.flatMap(value => canonical(type, value) ?? [])
    delete rest.const
    delete rest.enum
  }
  return { limits, rest }
}

const boundNames = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'] as const
const lengthNames = ['minLength', 'maxLength'] as const

/** Without an exponent, as decimals are compared. */
function decimal(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return Number.isInteger(value) ? String(BigInt(value)) : value.toFixed(100).replace(/0+$/, '')
}

function canonical(type: ColumnType, value: unknown): string | undefined {
  const text = fromJson(type, value)
  return text === undefined ? undefined : (type.parse(text) ?? text)
}

const options = {
  strict: true,
  // `minLength` alone, without `type: 'string'`, is how a field is told: its type is the column's.
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  ownProperties: true,
  // Two fields may declare schemas of one $id.
  addUsedSchema: false,
  logger: false,
} as const
const compilers = new Map<boolean, Ajv2020>()

/** Made when it is first needed, for that takes longer than to compile a schema. */
function compilerFor(allErrors: boolean): Ajv2020 {
  const made = compilers.get(allErrors)
  if (made) return made
  const ajv = new Ajv2020({ ...options, allErrors })
  ajvFormats.default(ajv)
  // Its own takes the square of the length of a list.
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || isUnique(items),
  })
  compilers.set(allErrors, ajv)
  return ajv
}

/**
 * The keywords as a check; undefined where there are none. Of text and numbers all that is broken is told, of lists and objects the first.
 * @throws Error for a keyword, format or pattern that there is not
 */
export function keywordsCheck(keywords: Keywords, scalar: boolean): CheckKeywords | undefined {
  if (Object.keys(keywords).length === 0) return undefined
  const ajv = compilerFor(scalar)
  const schema = { ...keywords }
  const validate: ValidateFunction = ajv.compile(schema)
  // What is compiled does not need it, and it would be kept for ever.
  ajv.removeSchema(schema)
  return value => {
    if (validate(value)) return undefined
    const errors = validate.errors ?? []
    // Below a step stand the branches of anyOf and the like, of which it is enough that one holds.
    const outer = errors.filter(error => /^#[/][^/]+$/.test(error.schemaPath))
    const at = (outer[0] ?? errors[0])?.instancePath ?? ''
    const here = (outer.length > 0 ? outer : errors.slice(0, 1)).filter(error => error.instancePath === at)
    return { at: shortPointer(at), words: [...new Set(here.map(sayError))] }
  }
}

function shortPointer(path: string): string {
  return path.slice(0, 500).toWellFormed()
}

function isUnique(items: readonly unknown[]): boolean {
  return new Set(items.map(item => JSON.stringify(item, sortKeys))).size === items.length
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const formats: Readonly<Record<string, string>> = {
  email: 'an e-mail address such as ada@example.com',
  uri: 'a URI such as https://example.com/a',
  url: 'a URL such as https://example.com/a',
  date: 'a date such as 2016-01-24',
  time: 'a time such as 13:56:05Z',
  'date-time': 'a time such as 2016-01-24T13:56:05Z',
  uuid: 'a UUID',
  hostname: 'the name of a host',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  duration: 'an ISO 8601 duration such as P1DT2H',
}

function sayError({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'minLength':
      return `too short: at least ${params.limit} characters are needed`
    case 'maxLength':
      return `too long: at most ${params.limit} characters are kept`
    case 'pattern':
      return `not of the form that is needed: it must match ${quote(params.pattern)}`
    case 'format':
      return `not ${formats[params.format] ?? `of the format ${params.format}`}`
    case 'enum':
      return `not among the permitted values: it must be one of ${sayList(params.allowedValues)}`
    case 'const':
      return `not the one permitted value: ${quote(params.allowedValue)}`
    case 'multipleOf':
      return `not a multiple of ${params.multipleOf}`
    case 'minItems':
      return `too short a list: at least ${params.limit} items are needed`
    case 'maxItems':
      return `too long a list: at most ${params.limit} items are kept`
    case 'uniqueItems':
      return 'a list in which an item stands twice'
    case 'required':
      return `without ${quote(params.missingProperty)}, which is needed`
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'an object with a member that is not known'
    case 'type':
      return `of the wrong type: it must be ${[params.type].flat().join(' or ')}`
    default:
      return `not valid: it ${message ?? `breaks ${keyword}`}`
  }
}
