// Random requests: lists, items, nested ones, descriptions; every name in every place, and every page of a list.
import { type AskedResource, type Asker, misspell } from './asker.ts'
import type { Focus } from './focus.ts'
import { type FilterTree, makeFilter } from './make-filter.ts'
import type { Random } from './random.ts'
import { type Query, toDocumentQuery } from './spell-document.ts'
import { leadsToOne } from './world.ts'

export interface Asked {
  readonly method: string
  readonly target: string
  readonly body: string | null
  readonly accept?: string
  /** The same as JSON:API spells it, where it can be asked so. */
  readonly document?: string
}

export function makeRequest(asker: Asker, focus: Focus = 'all'): Asked {
  const { random } = asker
  const candidates = reachable(asker)
  const named = candidates.filter(one =>
    focus === 'naturalKeys'
      ? one.model.options.naturalKey !== undefined
      : focus === 'joins' &&
        one.table.relationships.some(link => link.kind === 'manyToMany' && one.permitted.has(link.name)),
  )
  const resource = random.pick(named.length > 0 ? named : candidates)
  const path = `/api/${resource.name.replaceAll('_', '-')}`
  const focused =
    focus === 'all' || focus === 'caches' || random.chance(0.15) ? null : makeFocused(focus, resource, path, asker)
  if (focused) return focused
  switch (
    random.weigh([
      [14, 'list'],
      [3, 'item'],
      [4, 'nested'],
      [2, 'body'],
      [0.7, 'options'],
      [0.2, 'index'],
      [0.3, 'odd'],
    ] as const)
  ) {
    case 'list':
      return asExport(read(path, listQuery(resource, asker), resource, asker), random)
    case 'item':
      return read(
        `${path}/${encodeURIComponent(asker.id(resource)).replaceAll('%2C', ',')}`,
        itemQuery(resource, asker),
        resource,
        asker,
      )
    case 'nested': {
      const link = asker.field(resource, one => one.kind === 'link')
      const target = link?.kind === 'link' ? asker.target(link.relationship) : undefined
      if (link?.kind !== 'link' || !target) return get(path, {})
      const nested = `${path}/${encodeURIComponent(asker.id(resource)).replaceAll('%2C', ',')}/${link.name}`
      if (leadsToOne(link.relationship)) return read(nested, itemQuery(target, asker), target, asker)
      return random.chance(0.25)
        ? get(`${nested}/${encodeURIComponent(asker.id(target)).replaceAll('%2C', ',')}`, itemQuery(target, asker))
        : asExport(read(nested, listQuery(target, asker), target, asker), random)
    }
    case 'body': {
      const query = listQuery(resource, asker)
      const method = random.pick(['QUERY', 'POST'])
      const target = method === 'POST' ? `${path}/query` : path
      return asExport({ method, target, body: JSON.stringify(toBody(query)) }, random)
    }
    case 'options':
      return {
        method: 'OPTIONS',
        target: random.pick([path, `${path}/${encodeURIComponent(asker.id(resource))}`]),
        body: null,
      }
    case 'index':
      return { method: random.pick(['GET', 'OPTIONS']), target: '/api', body: null }
    case 'odd':
      return {
        method: random.pick(['DELETE', 'PUT', 'PATCH', 'HEAD', 'POST']),
        target: random.chance(0.5) ? path : `${path}/${encodeURIComponent(asker.id(resource))}`,
        body: null,
      }
  }
}

/** Now and then a list in another format, whole or a page of it. */
function asExport(asked: Asked, random: Random): Asked {
  return random.chance(0.12) ? { ...asked, accept: random.pick(['text/csv', 'application/x-ndjson']) } : asked
}

function makeFocused(focus: Focus, resource: AskedResource, path: string, asker: Asker): Asked | null {
  const { random } = asker
  const { scopes, options } = resource.model
  switch (focus) {
    case 'scopes':
    case 'compared':
      return scopes.length === 0 ? null : get(path, { scope: random.pick(scopes).name })
    case 'includes': {
      const link = asker.field(
        resource,
        one => one.kind === 'link' && one.relationship.kind === 'toMany' && !one.relationship.single,
      )
      return link && get(path, { include: { [link.name]: { limit: String(1 + random.int(2)) } } })
    }
    case 'documents':
      return read(path, { include: includes(resource, asker) }, resource, asker)
    case 'joins': {
      const link = asker.field(resource, one => one.kind === 'link' && one.relationship.kind === 'manyToMany')
      return link && get(path, { include: { [link.name]: 'true' }, fields: link.name })
    }
    case 'naturalKeys':
      return options.naturalKey === undefined
        ? null
        : get(`${path}/${encodeURIComponent(asker.naturalId(resource))}`, { fields: resource.table.keyFields.join() })
    case 'floatSums':
    case 'spellings': {
      const types = focus === 'floatSums' ? ['float8'] : ['numeric', 'float8']
      const field = asker.field(resource, one => one.kind === 'value' && types.includes(one.type))
      return field && get(path, { aggregate: { [field.name]: focus === 'floatSums' ? 'sum,avg' : 'min,max' } })
    }
    case 'validators': {
      // Nothing that could change without the record.
      const query = { fields: resource.table.keyFields.join() }
      return random.chance(0.5) ? get(path, query) : get(`${path}/${encodeURIComponent(asker.id(resource))}`, query)
    }
    case 'all':
    case 'caches':
      return null
  }
}

function reachable(asker: Asker): readonly AskedResource[] {
  const all = [...asker.resources.values()]
  const some = all.filter(one => one.permitted.size > 0)
  return some.length > 0 && asker.random.chance(0.97) ? some : all
}

function itemQuery(resource: AskedResource, asker: Asker): Query {
  const { random } = asker
  return {
    ...(random.chance(0.4) && { include: includes(resource, asker) }),
    ...(random.chance(0.4) && { fields: fields(resource, asker) }),
  }
}

function listQuery(resource: AskedResource, asker: Asker): Query {
  const { random } = asker
  const query: Query = itemQuery(resource, asker)
  if (random.chance(0.55)) query.filter = makeFilter(resource, asker)
  if (random.chance(0.45)) query.sort = sorts(resource, asker)
  if (random.chance(0.6)) query.page = page(asker)
  if (random.chance(0.2)) Object.assign(query, aggregates(resource, asker))
  if (resource.model.scopes.length > 0 && random.chance(0.15)) query.scope = random.pick(resource.model.scopes).name
  if (random.chance(0.01)) query[random.pick(['scope', 'group', 'nothing', 'sort'])] = misspell('scope0', random)
  return query
}

function fields(resource: AskedResource, asker: Asker): string {
  const names = Array.from({ length: 1 + asker.random.int(5) }, () => {
    const field = asker.field(resource)
    if (field?.kind !== 'link') return field?.name ?? 'id'
    const target = asker.target(field.relationship)
    const inner = target && asker.random.chance(0.6) ? asker.field(target, one => one.kind === 'value') : null
    return inner ? `${field.name}.${inner.name}` : field.name
  })
  return [
    ...names,
    ...(asker.random.chance(0.15) ? ['links'] : []),
    ...(asker.random.chance(0.02) ? [misspell(names[0] ?? 'x', asker.random)] : []),
  ].join()
}

function includes(resource: AskedResource, asker: Asker, depth = 2): Query {
  const { random } = asker
  const query: Query = {}
  for (let i = 1 + random.int(2); i > 0; i--) {
    const field = asker.field(resource, one => one.kind === 'link')
    if (field?.kind !== 'link') continue
    const target = asker.target(field.relationship)
    const options: Query = {}
    if (target && random.chance(0.4)) options.filter = makeFilter(target, asker, 1)
    if (target && !leadsToOne(field.relationship) && random.chance(0.6)) options.limit = String(1 + random.int(3))
    if (target && !leadsToOne(field.relationship) && random.chance(0.4)) options.sort = sorts(target, asker)
    if (target && random.chance(0.3)) options.fields = fields(target, asker)
    if (target && depth > 1 && random.chance(0.4)) options.include = includes(target, asker, depth - 1)
    query[field.name] = Object.keys(options).length === 0 ? 'true' : options
  }
  return query
}

function sorts(resource: AskedResource, asker: Asker): string {
  const { random } = asker
  const sortable = (one: ReturnType<Asker['field']>) =>
    one?.kind === 'link'
      ? leadsToOne(one.relationship)
      : one?.kind === 'value' && !one.made && one.type !== 'jsonb' && one.type !== 'text[]'
  const names = Array.from({ length: 1 + random.int(2) }, () => {
    const field = asker.field(resource, sortable)
    const target = field?.kind === 'link' ? asker.target(field.relationship) : undefined
    const inner =
      target && random.chance(0.7) ? asker.field(target, one => one.kind === 'value' && sortable(one)) : null
    return (random.chance(0.5) ? '-' : '') + (inner ? `${field?.name}.${inner.name}` : (field?.name ?? 'id'))
  })
  if (random.chance(0.08)) return `${random.pick(['', '-'])}ranked`
  return [...new Map(names.map(name => [name.replace('-', ''), name])).values()].join()
}

function page(asker: Asker): Query {
  const { random } = asker
  return {
    ...(random.chance(0.8) && { size: String(1 + random.int(6)) }),
    ...(random.chance(0.25) && { number: String(1 + random.int(3)) }),
    ...(random.chance(0.4) && { total: random.pick(['exact', 'estimated']) }),
  }
}

function aggregates(resource: AskedResource, asker: Asker): Query {
  const { random } = asker
  const aggregate: Record<string, string> = {}
  for (let i = 1 + random.int(2); i > 0; i--) {
    const field = asker.field(resource, one => one.kind === 'value' && !one.made)
    if (field?.kind !== 'value') continue
    const functions = ['int4', 'int8', 'numeric', 'float8'].includes(field.type)
      ? ['sum', 'avg', 'min', 'max', 'count']
      : ['text', 'timestamptz', 'mood'].includes(field.type)
        ? ['min', 'max', 'count']
        : ['count']
    aggregate[field.name] = random.some(functions, 1, 3).join()
  }
  const group = random.chance(0.5)
    ? asker.field(resource, one =>
        one.kind === 'value' ? !one.made : one.relationship.kind === 'toOne' && one.relationship.own.length === 1,
      )
    : null
  return Object.keys(aggregate).length === 0 ? {} : { aggregate, ...(group && { group: group.name }) }
}

/** What JSON:API can ask too. */
function read(path: string, query: Query, resource: AskedResource, asker: Asker): Asked {
  return { ...get(path, query), document: get(path, toDocumentQuery(query, resource, asker)).target }
}

function get(path: string, query: Query): Asked {
  const pairs = Object.entries(query).flatMap(([name, value]) => spellPairs(name, value as FilterTree))
  return { method: 'GET', target: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`, body: null }
}

function spellPairs(key: string, value: FilterTree): readonly string[] {
  if (typeof value === 'string') return [`${key}=${encodeURIComponent(value)}`]
  if (Array.isArray(value)) {
    const items = value as readonly FilterTree[]
    if (items.every(item => typeof item === 'string'))
      return items.map(item => `${key}[]=${encodeURIComponent(item as string)}`)
    return items.flatMap((item, i) => spellPairs(`${key}[${i}]`, item))
  }
  return Object.entries(value).flatMap(([name, inner]) => spellPairs(`${key}[${encodeURIComponent(name)}]`, inner))
}

/** A body splits no text: what is a list in a URL is a list there. */
function toBody(query: Query): Query {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, bodyValue(name, value)]))
}

function bodyValue(name: string, value: unknown): unknown {
  if (name === 'filter') return value
  if (typeof value === 'string')
    return name === 'fields' || name === 'sort' ? value.split(',') : value === 'true' ? true : value
  if (name === 'aggregate')
    return Object.fromEntries(Object.entries(value as Query).map(([field, list]) => [field, String(list).split(',')]))
  return Object.fromEntries(
    Object.entries(value as Query).map(([inner, one]) => [
      inner,
      name === 'page' || inner === 'limit' ? (/^\d+$/.test(String(one)) ? Number(one) : one) : bodyValue(inner, one),
    ]),
  )
}
