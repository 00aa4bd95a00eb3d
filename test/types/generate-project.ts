// Writes a large project, as a user's would be: a schema of many tables, and resources over some of them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ProjectSize {
  readonly tables: number
  readonly resources: number
}

/**
 * A folder with `schema.ts`, `api.ts` and a `tsconfig.json` that finds the package at `source`.
 * @param source absolute path of the package's `src/index.ts`
 */
export function generateProject(folder: string, source: string, size: ProjectSize): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'schema.ts'), schemaText(size.tables))
  writeFileSync(join(folder, 'api.ts'), apiText(size))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options(source), files: ['api.ts'] }))
}

const options = (source: string) => ({
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2024',
  lib: ['es2024'],
  module: 'nodenext',
  noEmit: true,
  skipLibCheck: true,
  types: [],
  allowImportingTsExtensions: true,
  paths: { colonnade: [source] },
})

/** Every table has a parent, an owner and two lists, so that filters can wander from table to table without end. */
function schemaText(tables: number): string {
  const table = (i: number) => {
    const parent = (i * 7 + 1) % tables
    const owner = i % 10
    return `  t${i}: {
    key: 'id',
    columns: {
      id: 'int8 default', parent_id: 'int8', owner_id: 'int8 null', title: 'text', description: 'text null',
      state: { enum: ['draft', 'published'], default: true }, tags: 'text[] default', views_count: 'int8 default',
      rating: 'numeric null', settings: 'jsonb default', published_at: 'timestamptz null', created_at: 'timestamptz default',
    },
    relationships: {
      parent: { belongsTo: 't${parent}', by: 'parent_id' },
      owner: { belongsTo: 't${owner}', by: 'owner_id' },
      children: { hasMany: 't${(i * 3 + 2) % tables}', by: 'parent_id' },
      owned: { hasMany: 't${(i * 5 + 3) % tables}', by: 'owner_id' },
    },
  },`
  }
  return `import { tables, type Database, type Of, type Tables } from 'colonnade'

const schema = {
${Array.from({ length: tables }, (_, i) => table(i)).join('\n')}
} as const

export interface Schema extends Of<typeof schema> {}
export interface DB extends Database<Schema> {}
export const db: Tables<Schema> = tables<Schema>(schema)
`
}

function apiText({ tables, resources }: ProjectSize): string {
  const step = Math.floor(tables / resources)
  const names = Array.from({ length: resources }, (_, i) => `t${i * step}`)
  const resource = (name: string) => `export const ${name} = resource(db.${name}, {
  computed: {
    popular: { where: { views_count: { gte: 1000 } } },
    children_count: { count: { children: { state: 'published' } } },
    owned_by_caller: { exists: { owned: { owner: principal('id') } } },
    label: compute(db.${name}, { type: 'text', from: ['title', 'state'], values: rows => rows.map(row => row.title + row.state) }),
  },
  roles: {
    admin: { read: 'all', defaults: { without: ['settings'] }, write: 'all', delete: true },
    owner: {
      extends: 'admin', when: { owner: principal('id') }, read: { without: ['rating'] },
      defaults: { list: { only: ['id', 'title', 'popular'] }, item: { without: ['description'] } },
      write: { create: 'all', update: { only: ['title', 'description', 'tags'] } }, set: { owner: principal('id') },
    },
    regular: {
      extends: 'owner', read: { without: ['settings', 'owner'] },
      where: { or: [{ state: 'published' }, { parent: { owner: { state: 'published' } } }, { children: { some: { title: { starts_with: 'x' } } } }] },
    },
    guest: { extends: 'regular', read: { only: ['id', 'title', 'parent'] } },
  },
  filters: ['id', 'title', 'parent', 'popular', { since: { published_at: { gte: given } } }],
  sorts: ['title', 'created_at', { owner_title: 'parent.owner.title' }],
  defaultSort: ['-created_at', 'title'],
  scopes: { between: { params: { from: 'date', to: 'date' }, where: { created_at: { gte: param('from'), lt: param('to') } } } },
})`
  return `import { compute, defineApi, given, param, principal, resource, type TypeOf } from 'colonnade'
import { db } from './schema.ts'

${names.map(resource).join('\n')}

export const api = defineApi({ ${names.join(', ')} }, { roles: { admin: { role: 'admin' }, regular: 'authenticated', guest: 'anyone' } })
export interface Api extends TypeOf<typeof api> {}
`
}
