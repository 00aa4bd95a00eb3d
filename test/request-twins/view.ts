// What a caller may learn of commands and reports: what he reads of them, what he may do to each, and the content that is his to fetch.
import { type Caller, evaluate, type Setting } from '../non-interference/condition.ts'
import type { ResourceModel } from '../non-interference/policy.ts'
import { describeView, rolesOf, see } from '../non-interference/view.ts'
import type { Data, Row, World } from '../non-interference/world.ts'
import { params, type RequestPolicy } from './policy.ts'
import { requestTables } from './tables.sql.ts'

export class View {
  readonly #policy: RequestPolicy
  readonly #setting: Omit<Setting, 'data'>

  constructor(policy: RequestPolicy, world: World, caller: Caller) {
    this.#policy = policy
    this.#setting = { world, caller }
  }

  /** Equal texts, and the caller may see no difference. */
  describe(data: Data): string {
    const setting = { ...this.#setting, data }
    const policy = this.#policy
    const sight = see(policy, setting)
    const more = requestTables.flatMap(name =>
      (sight.get(name) ?? []).map(({ row }) => `${name} ${row.id} ${this.#besides(name, row, data)}`).sort(),
    )
    return `${describeView(sight, policy, setting)}\n\n${more.join('\n')}`
  }

  isVisible(name: string, id: string, data: Data): boolean {
    return (see(this.#policy, { ...this.#setting, data }).get(name) ?? []).some(({ row }) => row.id === id)
  }

  /** Whether there is something to wait for that he may know of: the state, which is not the last. */
  isAwaited(name: string, id: string, data: Data): boolean {
    const seen = see(this.#policy, { ...this.#setting, data })
      .get(name)
      ?.find(({ row }) => row.id === id)
    return seen?.readable.has('status') === true && ['pending', 'running'].includes(seen.row.status ?? '')
  }

  /** Roles that grant the row, which is there or might be. */
  granting(name: string, row: Row, data: Data): readonly string[] {
    const { world, caller } = this.#setting
    const setting = { ...this.#setting, data }
    return rolesOf(this.#policy.resources.get(name) as ResourceModel, this.#policy, world, caller)
      .filter(({ chain }) =>
        [chain.at(-1)?.when ?? null, ...chain.map(one => one.where)].every(
          condition => condition === null || evaluate(condition, row, setting) === true,
        ),
      )
      .map(({ chain }) => chain.at(-1)?.name ?? '')
  }

  reads(field: string, name: string, id: string, data: Data): boolean {
    const seen = see(this.#policy, { ...this.#setting, data })
      .get(name)
      ?.find(({ row }) => row.id === id)
    return seen?.readable.has(field) === true
  }

  /** Whether the content of a report is for him to fetch. */
  contentOf(id: string, data: Data): 'none' | 'refused' | 'given' {
    const seen = see(this.#policy, { ...this.#setting, data })
      .get('files')
      ?.find(({ row }) => row.id === id)
    if (!seen) return 'none'
    return this.#isGiver(seen.row) || this.#has('content', 'files', seen.row, data) ? 'given' : 'refused'
  }

  mayCancel(name: string, id: string, data: Data): boolean {
    const row = data[name]?.find(one => one.id === id)
    return row !== undefined && this.#has('delete', name, row, data)
  }

  #has(right: 'delete' | 'content', name: string, row: Row, data: Data): boolean {
    return this.granting(name, row, data).some(role => this.#policy.rights.get(`${name}.${role}`)?.[right])
  }

  #besides(name: string, row: Row, data: Data): string {
    const has = (right: 'delete' | 'content') => this.#has(right, name, row, data)
    const isGiver = this.#isGiver(row)
    const said: unknown[] = [has('delete')]
    if (name === 'files') {
      const isFor = isGiver || has('content')
      said.push(isGiver, isFor)
      if (isFor)
        said.push(row.status, row.expires_at, row.content_name, row.content_type, row.content_size, row.content_sha256)
    }
    // What he asked for himself, and as whom.
    if (isGiver) said.push(canonical(row.run_as), ...params.map(one => row[one]))
    return JSON.stringify(said)
  }

  #isGiver({ run_as: text }: Row): boolean {
    const { id } = this.#setting.caller
    if (id === null || text === null || text === undefined) return false
    const given = JSON.parse(text) as { readonly id: string | null; readonly client: string | null }
    return given.id === id && given.client === null
  }
}

/** However the database spells its objects. */
export function canonical(text: string | null | undefined): string {
  const sort = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sort)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, one]) => [name, sort(one)]),
          )
        : value
  return text === null || text === undefined ? 'null' : JSON.stringify(sort(JSON.parse(text)))
}
