// Compiles every version of an API, each by itself over the same tables.
import { compileAllInputs } from '../validation/compile-all-inputs.ts'
import type { RecordInputs } from '../validation/record-inputs.ts'
import type { SqlTypeOf } from './bind-table.ts'
import { compileApi } from './compile-api.ts'
import { checkVersions, type VersionedOptions } from './compile-versioning.ts'
import type { DatabaseSchema } from './database-schema.ts'
import { DefinitionError } from './definition-error.ts'
import type { Api, RequestOptions } from './model.ts'
import type { ApiDefinition, VersionDefinition } from './resource-definition.ts'

export interface CompiledVersion {
  readonly api: Api
  /** How the records of each resource are read from a body. */
  readonly inputs: ReadonlyMap<string, RecordInputs>
}

/** The current version, and the older ones. */
export interface CompiledVersions extends CompiledVersion {
  readonly older: readonly CompiledVersion[]
}

/** @throws DefinitionError with every problem of a version */
export function compileVersions(
  definition: ApiDefinition,
  database: DatabaseSchema,
  sqlTypeOf: SqlTypeOf,
): CompiledVersions {
  const problems = checkVersions(definition.options)
  if (problems.length > 0) throw new DefinitionError(problems)
  const [current, ...older] = definitionsOf(definition).map(one => {
    try {
      const api = compileApi(one.definition, database, sqlTypeOf)
      return { api, inputs: compileAllInputs(one.definition, api, database) }
    } catch (error) {
      if (!(error instanceof DefinitionError) || one.isCurrent) throw error
      throw new DefinitionError(error.problems.map(problem => `versions.${one.version}: ${problem}`))
    }
  })
  const clashes = checkQueues([current as CompiledVersion, ...older].map(({ api }) => api))
  if (clashes.length > 0) throw new DefinitionError(clashes)
  return { ...(current as CompiledVersion), older }
}

/** A table is one queue, and performed as the current version says: what all of them write into its rows has to be the same. */
function checkQueues(apis: readonly Api[]): readonly string[] {
  const first = new Map<string, { readonly version: string; readonly request: RequestOptions }>()
  return apis.flatMap(({ version, resources }) =>
    [...resources.values()].flatMap(({ definedAs, table, request }) => {
      if (!request) return []
      const topic = `${table.schema}.${table.name}`
      const other = first.get(topic)
      if (!other) first.set(topic, { version, request })
      const at = `versions.${version}: ${definedAs}`
      if (!other) return []
      return [
        ...(spellKey(other.request) === spellKey(request)
          ? []
          : [`${at}.key: must be that of version ${other.version}, so that requests of both exclude each other`]),
        ...((other.request.report === null) === (request.report === null)
          ? []
          : [
              `${at}: the rows of ${topic} are reports in every version or in none, and version ${other.version} says otherwise`,
            ]),
      ]
    }),
  )
}

function spellKey({ key }: RequestOptions): string {
  return typeof key === 'function' ? 'function' : JSON.stringify(key?.map(column => column.name) ?? null)
}

export interface DefinedVersion {
  readonly version: string
  readonly isCurrent: boolean
  /** As if there were no other version. */
  readonly definition: ApiDefinition
}

/** Every version as an API of its own, the current one first. */
export function definitionsOf(definition: ApiDefinition): readonly DefinedVersion[] {
  const { version = '1', versions = {} } = definition.options
  const older = Object.entries(versions).map(([number, one]) => ({
    version: number,
    isCurrent: false,
    definition: toApi(number, one, definition),
  }))
  return [{ version, isCurrent: true, definition }, ...older]
}

function toApi(version: string, one: VersionDefinition, { options }: ApiDefinition): ApiDefinition {
  const { resources, page, limits, naming } = one
  const { naming: _, ...shared } = options
  const used = new Set(Object.values(resources).flatMap(resource => Object.keys(resource.options.roles ?? {})))
  const inherited = Object.entries(options.roles ?? {}).filter(([role]) => used.has(role))
  const own: VersionedOptions = {
    ...shared,
    ...(naming && { naming }),
    roles: one.roles ?? Object.fromEntries(inherited),
    page: { ...options.page, ...page },
    limits: { ...options.limits, ...limits },
    older: { version, definition: one },
  }
  return { kind: 'api', resources, options: own }
}
