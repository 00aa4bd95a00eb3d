// Random requests of commands and reports: everything that can be asked of one, by whoever.
import type { Asker } from '../non-interference/asker.ts'
import { makeRequest as makeRead } from '../non-interference/make-request.ts'
import type { Row } from '../non-interference/world.ts'
import { contents } from './contents.ts'
import type { Asked } from './lane.ts'
import type { RequestPolicy } from './policy.ts'
import { requestTables } from './tables.sql.ts'

const jsonApi = 'application/vnd.api+json'

export function makeAsk(asker: Asker): Asked {
  const { random } = asker
  return random.weigh([
    [5, () => readOf(asker)],
    [4, () => contentOf(asker)],
    [2, () => itemOf(asker)],
    [2, () => waitOf(asker)],
    [0.5, () => oddOf(asker)],
  ] as const)()
}

/** A list, an item or what else resources have, mostly of commands. */
function readOf(asker: Asker): Asked {
  const { random } = asker
  let read = makeRead(asker)
  for (let tries = 3; tries > 0 && !requestTables.some(name => read.target.includes(name)); tries--)
    read = makeRead(asker)
  const { target, body, accept, document } = read
  // What is cancelled is compared otherwise.
  const method = read.method === 'DELETE' ? 'HEAD' : read.method
  if (document !== undefined && random.chance(0.2))
    return { method: 'GET', target: document, headers: { accept: jsonApi } }
  return { method, target, body, headers: { ...(accept !== undefined && { accept }) } }
}

function pathOf(asker: Asker, name: string): string {
  const resource = asker.resources.get(name)
  return `/api/${name}/${encodeURIComponent(resource ? asker.id(resource) : '1')}`
}

function itemOf(asker: Asker): Asked {
  const name = asker.random.pick(requestTables)
  return { method: asker.random.pick(['GET', 'GET', 'HEAD', 'OPTIONS']), target: pathOf(asker, name) }
}

function waitOf(asker: Asker): Asked {
  const { random } = asker
  const target = pathOf(asker, random.pick(requestTables))
  const accept = random.chance(0.15) ? { accept: jsonApi } : {}
  return {
    method: 'GET',
    target: `${target}${random.pick(['', '', '?fields=status', '?fields=id,attempts'])}`,
    headers: { prefer: 'wait=9', ...accept },
  }
}

function contentOf(asker: Asker): Asked {
  const { random } = asker
  const tag = `"${random.pick(contents).sha256}"`
  const ranges = ['bytes=0-1', 'bytes=2-', 'bytes=-3', 'bytes=5-99', 'bytes=100-', 'lines=1-2']
  const headers: Record<string, string> = {
    ...(random.chance(0.4) && { range: random.pick(ranges) }),
    ...(random.chance(0.15) && { 'if-range': tag }),
    ...(random.chance(0.15) && { 'if-none-match': tag }),
    ...(random.chance(0.1) && { 'if-match': random.pick([tag, '*']) }),
    ...(random.chance(0.1) && { accept: jsonApi }),
    ...(random.chance(0.05) && { prefer: 'wait=9' }),
  }
  const method = random.pick(['GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'DELETE'])
  return { method, target: `${pathOf(asker, 'files')}/content${random.chance(0.03) ? '?fields=id' : ''}`, headers }
}

function oddOf(asker: Asker): Asked {
  const { random } = asker
  const name = random.pick(requestTables)
  const at = random.chance(0.5) ? pathOf(asker, name) : `/api/${name}`
  return random.pick<Asked>([
    { method: 'PATCH', target: at, body: '{"note":"x"}' },
    { method: 'PUT', target: at, body: '{}' },
    { method: 'GET', target: at, headers: { accept: 'text/event-stream, application/json' } },
    { method: 'GET', target: `/api/opens/1/content` },
    { method: 'OPTIONS', target: at },
  ])
}

export type Write =
  | { readonly kind: 'cancel'; readonly asked: Asked }
  | {
      readonly kind: 'give'
      readonly asked: Asked
      readonly table: string
      readonly members: readonly Readonly<Record<string, string>>[]
    }

/** What there is to say in a command. */
export interface Known {
  readonly asker: Asker
  readonly rights: RequestPolicy['rights']
  /** Ids of gates that the caller sees. */
  readonly gates: readonly string[]
  /** Reports that there are. */
  readonly files: readonly Row[]
}

export function makeWrite(known: Known): Write {
  const { asker } = known
  const { random } = asker
  if (random.chance(0.45)) return { kind: 'cancel', asked: cancelOf(asker) }
  return makeGift(known, random.pick(requestTables))
}

/** The members of a command as columns, and the body that says them. */
export function makeGift(
  { asker, rights, gates: seen, files }: Known,
  table: string,
): Extract<Write, { kind: 'give' }> {
  const { random } = asker
  const gates = asker.resources.get('gates')
  const folks = asker.resources.get('folks')
  const creators = [...rights].filter(([name, one]) => name.startsWith(`${table}.`) && one.create !== null)
  const writable = new Set(
    random.chance(0.9) && creators.length > 0
      ? random.pick(creators)[1].create
      : ['gate', 'owner', 'level', 'hidden', 'month', 'kind'],
  )
  const make = (): { body: Record<string, unknown>; columns: Record<string, string> } => {
    const body: Record<string, unknown> = {}
    const columns: Record<string, string> = {}
    const say = (name: string, value: string, spelled: unknown, column = name) => {
      if (!writable.has(name) || !random.chance(0.9)) return
      body[name] = spelled
      columns[column] = value
    }
    const idOf = (of: typeof gates) => (of && /^\d+$/.exec(asker.id(of))?.[0]) ?? '99'
    const gate = seen.length > 0 && random.chance(0.8) ? random.pick(seen) : idOf(gates)
    const like = files.length > 0 && random.chance(0.7) ? random.pick(files) : null
    say('gate', gate, { id: Number(gate) }, 'gate_id')
    const owner = idOf(folks)
    if (random.chance(0.5)) say('owner', owner, { id: Number(owner) }, 'owner_id')
    const level = random.int(7)
    if (table === 'opens') say('level', String(level), level)
    const month = Number(like?.month ?? random.int(3))
    if (table === 'files') say('month', String(month), month)
    const kind = like?.kind ?? random.pick(['a', 'ab'])
    if (table === 'files') say('kind', kind, kind)
    const hidden = random.chance(0.3)
    if (random.chance(0.5)) say('hidden', String(hidden), hidden)
    return { body, columns }
  }
  const made = random.chance(0.12) ? [make(), make()] : [make()]
  const isMany = made.length > 1
  const nested = !isMany && made[0]?.columns.gate_id !== undefined && random.chance(0.15)
  if (nested) delete (made[0] as { body: Record<string, unknown> }).body.gate
  const query = random.chance(0.15) ? '?fields=id,status' : ''
  const prefer = random.weigh([
    [6, null],
    [1, 'respond-async'],
    [1, 'return=minimal'],
    [1, 'wait=9'],
    [1, 'respond-async, wait=9'],
  ] as const)
  return {
    ...{ kind: 'give', table, members: made.map(one => one.columns) },
    asked: {
      method: 'POST',
      target: `${nested ? `/api/gates/${made[0]?.columns.gate_id}/${table}` : `/api/${table}`}${query}`,
      body: JSON.stringify(isMany ? made.map(one => one.body) : made[0]?.body),
      headers: { ...(prefer !== null && { prefer }) },
    },
  }
}

function cancelOf(asker: Asker): Asked {
  const { random } = asker
  const name = random.pick(requestTables)
  const headers = {
    ...(random.chance(0.15) && {
      prefer: random.pick(['return=minimal', 'return=representation', 'handling=lenient']),
    }),
    ...(random.chance(0.1) && { 'if-match': random.pick(['*', '"x"']) }),
    ...(random.chance(0.15) && { accept: jsonApi }),
  }
  const resource = asker.resources.get(name)
  const filter = () =>
    random.pick([
      'status=pending',
      'status=running',
      'attempts=1',
      'filter[priority][gte]=1',
      'filter[status][ne]=failed',
    ])
  return random.weigh<() => Asked>([
    [6, () => ({ method: 'DELETE', target: pathOf(asker, name), headers })],
    [
      2,
      () => ({
        method: 'DELETE',
        target: `/api/${name}`,
        body: JSON.stringify(random.some([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 3)),
        headers,
      }),
    ],
    [2, () => ({ method: 'DELETE', target: `/api/${name}?${filter()}&max_affected=9`, headers })],
    [resource ? 1 : 0, () => ({ method: 'POST', target: `${pathOf(asker, name)}/actions/cancel`, headers })],
  ])()
}
