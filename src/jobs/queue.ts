// A table of commands as the worker sees it: its names in SQL, and what is done for each row.
import { createHash } from 'node:crypto'
import type { Statement } from '../databases/database.ts'
import type { Column } from '../schema/field.ts'
import type { Api, RequestOptions, Resource } from '../schema/model.ts'

export interface Queue {
  /** Of the resource. */
  readonly name: string
  readonly resource: Resource
  /** The one that says what is done: in its names it is read, too. */
  readonly version: string
  readonly request: RequestOptions
  /** Quoted. */
  readonly table: string
  /** By which a NOTIFY names it: `public.switch_port_open_requests` */
  readonly topic: string
  readonly key: Column
  /** The key, quoted. */
  readonly id: string
  /** All that a row shows, in the order in which it is read. */
  readonly columns: readonly Column[]
}

/** Null for a resource whose rows are no commands. */
function toQueue(resource: Resource, version: string): Queue | null {
  const { name, request, table, columns } = resource
  const [key] = resource.key
  if (!request || !key) return null
  return {
    ...{ name, resource, version, request, key },
    table: `${quoteName(table.schema)}.${quoteName(table.name)}`,
    topic: `${table.schema}.${table.name}`,
    id: quoteName(key.name),
    columns: [...columns.values()],
  }
}

/** One a table, whatever versions serve it: as the current one says, else the newest that has it. */
export function queuesOf(apis: Iterable<Api>): readonly Queue[] {
  const queues = new Map<string, Queue>()
  for (const api of byRank([...apis]))
    for (const resource of api.resources.values()) {
      const queue = toQueue(resource, api.version)
      if (queue && !queues.has(queue.topic)) queues.set(queue.topic, queue)
    }
  return [...queues.values()]
}

/** Versions are digits of any length. */
function byRank(apis: readonly Api[]): readonly Api[] {
  const isCurrent = ({ version, versions }: Api) => Number(version === versions.current)
  return apis.toSorted(
    (a, b) => isCurrent(b) - isCurrent(a) || b.version.length - a.version.length || (b.version > a.version ? 1 : -1),
  )
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Prepared once a connection: the same text has the same name. */
export function prepared(text: string, values: Statement['values']): Statement {
  let name = names.get(text)
  if (name === undefined) {
    name = `colonnade_rq_${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
    names.set(text, name)
  }
  return { name, text, values }
}

const names = new Map<string, string>()

/** Whose command it is, for taking turns: as the index of the claim has it, letter by letter. */
export const clientOf = `coalesce('client ' || (run_as ->> 'client'), 'id ' || (run_as ->> 'id'), 'none')`
