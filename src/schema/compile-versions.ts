// Compiles every version of an API, each by itself over the same tables.
import { compileAllInputs } from '../validation/compile-all-inputs.ts'
import type { RecordInputs } from '../validation/record-inputs.ts'
import type { SqlTypeOf } from './bind-table.ts'
import { compileApi } from './compile-api.ts'
import { checkVersions, type VersionedOptions } from './compile-versioning.ts'
import type { DatabaseSchema } from './database-schema.ts'
import { DefinitionError } from './definition-error.ts'
import type { Api } from './model.ts'
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
  return { ...(current as CompiledVersion), older }
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
