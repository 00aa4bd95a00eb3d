// Writes a definition as the text of `schema.ts`: the same text whenever the definition is the same.
import { compareText } from './name-relationships.ts'
import type {
  ColumnDefinition,
  RelationshipDefinition,
  SchemaDefinition,
  TableDefinition,
} from './schema-definition.ts'

const head = `// Written by \`colonnade pull\`; change the database, not this file. A relationship that you rename here keeps its name.
import { tables, type Database, type Of, type Tables } from 'colonnade'
`
const foot = `// Named, so that hovers say \`Schema\` and declarations stay small.
export interface Schema extends Of<typeof schema> {}
export interface DB extends Database<Schema> {}
export const db: Tables<Schema> = tables<Schema>(schema)
`

/**
 * TypeScript source, tables sorted by name, columns and relationships in the order of the definition.
 *
 * @example
 * await writeFile('schema.ts', writeSchema(defineTables(await introspect(client))))
 */
export function writeSchema(definition: SchemaDefinition): string {
  const entries = Object.entries(definition).toSorted(([a], [b]) => compareText(a, b))
  const body = entries.map(([name, table]) => `  ${writeName(name)}: {\n${writeTable(table)}  },\n`).join('')
  return `${head}\nconst schema = {${body && `\n${body}`}} as const\n\n${foot}`
}

function writeTable({ table, key, columns, relationships }: TableDefinition): string {
  const related = Object.entries(relationships ?? {})
  return [
    table && line(2, 'table', writeObject(table)),
    key !== undefined && line(2, 'key', writeValue(key)),
    block('columns', Object.entries(columns), writeColumn),
    related.length > 0 && block('relationships', related, writeRelationship),
  ]
    .filter(part => typeof part === 'string')
    .join('')
}

function block<T>(name: string, entries: readonly (readonly [string, T])[], write: (value: T) => string): string {
  const lines = entries.map(([key, value]) => line(3, key, write(value))).join('')
  return lines === '' ? line(2, name, '{}') : `    ${name}: {\n${lines}    },\n`
}

const line = (depth: number, name: string, text: string) => `${'  '.repeat(depth)}${writeName(name)}: ${text},\n`

const writeColumn = (column: ColumnDefinition): string =>
  typeof column === 'string' ? quote(column) : writeObject(column)

const writeRelationship = (relationship: RelationshipDefinition): string => writeObject(relationship)

type Value = string | true | readonly Value[]

function writeObject(object: object): string {
  const parts = Object.entries(object).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${writeValue(value as Value)}`],
  )
  return `{ ${parts.join(', ')} }`
}

function writeValue(value: Value): string {
  if (value === true) return 'true'
  return typeof value === 'string' ? quote(value) : `[${value.map(writeValue).join(', ')}]`
}

function writeName(name: string): string {
  // Written plainly it would set the prototype.
  if (name === '__proto__') return `['__proto__']`
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)
}

/** In single quotes; JSON escapes the rest, control characters and lone surrogates included. */
function quote(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1)
  return `'${escaped.replace(/\\(.)|'/g, (found, sign) => (found === "'" ? "\\'" : sign === '"' ? '"' : found))}'`
}
