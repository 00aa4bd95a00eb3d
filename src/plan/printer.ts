// Prints conditions and shown values over one record: the place where every guard is woven in.
import type { Access, AccessSet, Guard } from '../access/access.ts'
import { describeCondition } from '../access/describe-condition.ts'
import type { Condition, LeafCondition, Operand } from '../expressions/condition.ts'
import { readFilter } from '../expressions/read-filter.ts'
import type { TableName } from '../schema/database-schema.ts'
import type { Column, ComputedField, Field, Link, RelationshipField, ToOneField } from '../schema/field.ts'
import { fieldValue } from '../schema/field-value.ts'
import type { Resource } from '../schema/model.ts'
import { policyReader } from '../schema/policy-reader.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Dialect, OperandSql } from './dialect.ts'
import { and, column, no, or, type Sql, sql, tableName, yes } from './sql.ts'

/** A record in a statement. Raw: a policy looks at it, so nothing is hidden; else it is the caller's view. */
export interface Row {
  readonly alias: string
  readonly resource: Resource
  readonly access: Access | null
  /** The record that this foreign key of the row leads to, where the statement came here from it: no need to look it up again. */
  readonly via?: Way | undefined
  /** Foreign keys that are null, or were found to lead to a record that the caller sees. */
  readonly known?: ReadonlySet<Field>
  /** Only the columns that link it are at hand here, so nothing else may be asked of it. */
  readonly linkOnly?: true
}

/** How the statement came to a row: by which foreign key of the row, and from which record. */
interface Way {
  readonly field: Field
  readonly row: Row
  /** What makes that record visible, where the statement asks for it there; so it need not be asked again. */
  readonly visible: string | null
}

/** A column of a key, by the name that it is served under. */
export interface KeyPart {
  readonly name: string
  readonly column: Column
}

/** Records that a relationship leads to, as a FROM with its conditions. */
export interface Related {
  readonly from: Sql
  readonly where: readonly Sql[]
  readonly row: Row
  /** The tables of `from`, by alias. */
  readonly tables: ReadonlyMap<string, TableName>
}

export class Printer {
  readonly set: AccessSet
  readonly dialect: Dialect
  /** Every table that the statement reads: `public.videos`. */
  readonly tables = new Set<string>()
  /** Those of which any row may matter, and not just one that a foreign key points to. */
  readonly searched = new Set<string>()
  /** False where the answer depends on more than the rows of these tables: on the time, or on a function of the database. */
  onlyTables = true
  #locking = false
  #aliases = 0

  constructor(set: AccessSet, dialect: Dialect) {
    this.set = set
    this.dialect = dialect
  }

  newAlias(): string {
    this.#aliases += 1
    return `t${this.#aliases}`
  }

  /** A table in a FROM. */
  table(name: TableName): Sql {
    this.tables.add(`${name.schema}.${name.name}`)
    return tableName(name)
  }

  /** Prints by what a write is judged: the records that the policy finds are locked, so that none changes before the write is done (ACCESS R30). */
  locked<T>(print: () => T): T {
    this.#locking = true
    const printed = print()
    this.#locking = false
    return printed
  }

  /** Prints, and says which tables that reads. */
  readsOf(print: () => Sql): { readonly printed: Sql; readonly reads: ReadonlySet<string> } {
    const before = [...this.tables]
    this.tables.clear()
    const printed = print()
    const reads = new Set(this.tables)
    for (const table of before) this.tables.add(table)
    return { printed, reads }
  }

  /** Whether there is such a record, which stays as it is where a write is judged by it. */
  exists({ from, tables }: Pick<Related, 'from' | 'tables'>, where: readonly Sql[]): Sql {
    return sql`exists (select from ${from} where ${and(where)}${this.lock(tables)})`
  }

  /** At the end of a select over these tables. */
  lock(tables: Related['tables']): Sql {
    const names = [...tables].filter(([, { schema, name }]) => this.set.api.lockable.has(`${schema}.${name}`))
    if (!this.#locking || names.length === 0) return sql``
    return sql` for share of ${sql.raw(names.map(([alias]) => alias).join(', '))}`
  }

  /** The rows that the caller sees at all. */
  visible(row: Row): Sql {
    return row.access ? this.condition(row.access.visible, raw(row)) : yes
  }

  guard(guard: Guard, row: Row): Sql {
    if (guard === 'always') return yes
    return guard === 'never' ? no : this.condition(guard.condition, raw(row))
  }

  /** Where the field may be read on this row. */
  fieldGuard(field: Field, row: Row): Sql {
    return row.access ? this.guard(row.access.guard(field), row) : yes
  }

  /**
   * `not` is pushed to the leaves, and each leaf is printed as (guard and leaf) or (guard and not leaf):
   * a field hidden on a row makes its condition unknown there, under `not` too.
   */
  condition(condition: Condition, row: Row, negated = false): Sql {
    switch (condition.kind) {
      case 'always':
        return condition.holds === negated ? no : yes
      case 'and':
      case 'or': {
        const parts = condition.of.map(one => this.condition(one, row, negated))
        return (condition.kind === 'and') === negated ? or(parts) : and(parts)
      }
      case 'not':
        return this.condition(condition.of, row, !negated)
      case 'published':
        return this.condition(condition.of, raw(row), negated)
      case 'leaf':
        return and([
          this.fieldGuard(condition.field, row),
          ...this.#operandGuards(condition, row, negated),
          this.#leaf(condition, row, negated),
        ])
      case 'related': {
        const guard = this.fieldGuard(condition.relationship, row)
        return and([guard, this.#quantified(condition, row, negated)])
      }
    }
  }

  #leaf(leaf: LeafCondition, row: Row, negated: boolean): Sql {
    const { field } = leaf
    // The foreign key by which the statement came here is not null.
    if (leaf.operator === 'null' && row.via?.field === field) return negated ? yes : no
    if (field.kind === 'computed' && field.compute.by !== 'sql' && field.compute.by !== 'code') {
      const constant = leaf.operator === 'eq' && leaf.operand?.kind === 'constant' ? leaf.operand.value : undefined
      if (field.compute.by === 'where' && (constant === 'true' || constant === 'false'))
        return this.#computedWhere(field, row, (constant === 'false') !== negated)
    }
    const positive = this.#compareLeaf(leaf, row)
    return negated ? sql`(${positive}) is not true` : positive
  }

  #compareLeaf(leaf: LeafCondition, row: Row): Sql {
    const { field, operator } = leaf
    if (field.kind === 'toOne') {
      const missing = or(field.link.own.map(one => sql`${column(row.alias, one.name)} is null`))
      const value = fieldValue(field)
      const hidden = this.#keyIsGuarded(field, row)
      if (operator === 'null') return hidden ? sql`(${this.#targetVisible(field, row)}) is not true` : missing
      if (!value) throw new Error(`${field.name} has no single column to compare`)
      const compared = this.dialect.compare(
        operator,
        column(row.alias, (field.link.own[0] as Column).name),
        value,
        this.#operand(leaf.operand, value, row),
        leaf.ignoreCase,
      )
      return hidden ? and([compared, this.#targetVisible(field, row)]) : compared
    }
    const value = fieldValue(field)
    if (!value) throw new Error(`${field.name} is no value`)
    return this.dialect.compare(
      operator,
      this.value(field, row),
      value,
      this.#operand(leaf.operand, value, row),
      leaf.ignoreCase,
    )
  }

  /** A claim that is absent makes its leaf unknown, and its complement too; so does another field that is hidden. */
  #operandGuards(leaf: LeafCondition, row: Row, negated: boolean): readonly Sql[] {
    const { operand } = leaf
    if (operand?.kind === 'field') return [this.fieldGuard(operand.field, row)]
    if (operand?.kind !== 'claim' || !negated) return []
    const value = fieldValue(leaf.field)
    const bound = value && this.#operand(operand, value, row)
    return bound?.kind === 'parameter'
      ? [
          sql`${this.dialect.cast(bound.parameter, operand.list ? (value?.sqlListType ?? 'text[]') : (value?.sqlType ?? 'text'))} is not null`,
        ]
      : []
  }

  #operand(operand: Operand | null, value: { readonly type: ColumnType }, row: Row): OperandSql | null {
    if (!operand) return null
    switch (operand.kind) {
      case 'slot':
        return { kind: 'parameter', parameter: { kind: 'slot', slot: operand.slot } }
      case 'claim':
        return {
          kind: 'parameter',
          parameter: { kind: 'claim', claim: operand.claim, type: value.type, list: operand.list },
        }
      case 'constant':
        return { kind: 'constant', value: operand.value }
      case 'now':
        this.onlyTables = false
        return { kind: 'sql', sql: sql`now()` }
      case 'field':
        return { kind: 'sql', sql: this.value(operand.field, row) }
    }
  }

  /** A to-one path is a value, so `not` goes inside it; the quantifiers are two-valued, so it stays outside. */
  #quantified(condition: Extract<Condition, { kind: 'related' }>, row: Row, negated: boolean): Sql {
    const { quantifier, of } = condition
    // Every row with access is visible in its own scope, so coming back to it needs no second look.
    if (quantifier === 'one' && row.via?.field === condition.relationship) {
      // A policy sees the record raw, so what makes it visible simply holds; a caller's condition has its guards.
      if (!row.access && row.via.visible === describeCondition(of)) return negated ? no : yes
      return this.condition(of, row.via.row, negated)
    }
    const related = this.related(condition.relationship, row)
    const { where, row: target } = related
    const exists = (inner: Sql) => this.exists(related, [...where, inner])
    if (quantifier === 'one') return exists(this.condition(of, target, negated))
    if (quantifier === 'every') {
      const broken = exists(sql`(${this.condition(of, target)}) is not true`)
      return negated ? broken : sql`not ${broken}`
    }
    const found = exists(this.condition(of, target))
    return (quantifier === 'some') === negated ? sql`not ${found}` : found
  }

  /** Only over links whose foreign key may be read on the row that holds it, and only to records that are visible. */
  related(relationship: RelationshipField, row: Row): Related {
    const alias = this.newAlias()
    const found = this.#rowOf(relationship, alias, row)
    const { schema, name } = found.resource.table
    if (relationship.kind !== 'toOne') this.searched.add(`${schema}.${name}`)
    const holder = relationship.kind === 'toMany' ? found.resource.fields.get(relationship.holder) : undefined
    const target =
      holder && relationship.kind === 'toMany' ? { ...found, via: backTo(row, relationship.link, holder) } : found
    const from = sql`${this.table(target.resource.table)} as ${sql.raw(alias)}`
    // A caller without a role there sees no record of it; without this the row would be taken for a policy's.
    const tables = new Map<string, TableName>([[alias, target.resource.table]])
    if (row.access && !target.access) return { from, where: [no], row: target, tables }
    if (relationship.kind === 'manyToMany') {
      const { through } = relationship
      const joined = this.newAlias()
      const near = through.near.own.map(
        (own, i) => sql`${column(joined, (through.near.foreign[i] as Column).name)} = ${column(row.alias, own.name)}`,
      )
      const far = through.far.own.map(
        (own, i) => sql`${column(alias, (through.far.foreign[i] as Column).name)} = ${column(joined, own.name)}`,
      )
      const guards = row.access && !relationship.endsOnly ? this.#throughGuards(relationship, joined, row) : []
      return {
        from: sql`${this.table(through.table)} as ${sql.raw(joined)} join ${from} on ${and(far)}`,
        where: [...near, ...guards, this.visible(target)],
        row: target,
        tables: tables.set(joined, through.table),
      }
    }
    const link = relationship.link.own.map(
      (own, i) => sql`${column(alias, (relationship.link.foreign[i] as Column).name)} = ${column(row.alias, own.name)}`,
    )
    const guard = holder ? this.linkGuard(holder, target, row) : yes
    return { from, where: [...link, guard, this.visible(target)], row: target, tables }
  }

  /**
   * Where the foreign key that makes a link may be read on the row that holds it. What it leads to is seen already, but for a table
   * that is served twice: its rows may be visible under one name and the key, which leads to the other, withheld.
   */
  linkGuard(holder: Field, row: Row, from: Row | null): Sql {
    const guard = this.fieldGuard(holder, row)
    if (!from || holder.kind !== 'toOne' || holder.target === from.resource.name) return guard
    return this.#keyIsGuarded(holder, row) ? and([guard, this.#targetVisible(holder, row)]) : guard
  }

  #rowOf(relationship: RelationshipField, alias: string, row: Row): Row {
    const resource = relationship.target === null ? undefined : this.set.api.resources.get(relationship.target)
    if (!resource) throw new Error(`${relationship.name} leads to no resource`)
    return { alias, resource, access: row.access ? this.set.of(resource) : null }
  }

  #throughGuards(
    relationship: Extract<RelationshipField, { kind: 'manyToMany' }>,
    alias: string,
    from: Row,
  ): readonly Sql[] {
    const { through } = relationship
    const resource = through.resource === null ? undefined : this.set.api.resources.get(through.resource)
    const access = resource ? this.set.of(resource) : null
    if (!resource || !access) return [no]
    const near = resource.fields.get(through.nearField)
    const row: Row = { alias, resource, access, via: near && backTo(from, through.near, near) }
    const guards = [through.nearField, through.farField].map(name => {
      const field = resource.fields.get(name)
      return field ? this.linkGuard(field, row, name === through.nearField ? from : null) : no
    })
    return [this.visible(row), ...guards]
  }

  /** Whether the record behind a foreign key may be invisible, so that its key must be withheld. */
  #keyIsGuarded(field: ToOneField, row: Row): boolean {
    if (!row.access || field.keyShown || field.inKey || row.via?.field === field || row.known?.has(field)) return false
    const target = this.set.target(field)
    return !target || this.visible({ alias: 't0', resource: target.resource, access: target }) !== yes
  }

  #targetVisible(field: ToOneField, row: Row): Sql {
    if (!this.set.target(field)) return no
    const related = this.related(field, row)
    return this.exists(related, related.where)
  }

  /** The columns that a foreign key is shown as: of what it refers to, or of the key that the target chose. */
  keyColumns(field: ToOneField): readonly KeyPart[] {
    const target = field.target === null ? undefined : this.set.api.resources.get(field.target)
    return (field.chosenKey ?? field.link.foreign).map(one => ({
      name: target?.columnNames.get(one.name) ?? one.name,
      column: one,
    }))
  }

  /** A foreign key as the caller sees it: null where the record is not visible. */
  shownKey(field: ToOneField, row: Row): readonly Sql[] {
    const columns = this.keyColumns(field)
    if (!field.chosenKey && !this.#keyIsGuarded(field, row))
      return field.link.own.map(own => column(row.alias, own.name))
    if (row.access && !this.set.target(field)) return columns.map(one => this.dialect.nullOf(one.column.sqlType))
    return columns.map(one => {
      const { from, where, row: target } = this.related(field, row)
      return sql`(select ${column(target.alias, one.column.name)} from ${from} where ${and(where)})`
    })
  }

  /** The key of the record that a foreign key leads to, as its resource has it; null where that is not visible. */
  linkedKey(field: ToOneField, row: Row): readonly { readonly column: Column; readonly value: Sql }[] {
    const target = field.target === null ? undefined : this.set.api.resources.get(field.target)
    const shown = field.chosenKey ?? field.link.foreign
    const key = target?.key ?? []
    if (key.every(one => shown.includes(one))) {
      const values = this.shownKey(field, row)
      return key.map(one => ({ column: one, value: values[shown.indexOf(one)] as Sql }))
    }
    const isUnknown = row.access && !this.set.target(field)
    return key.map(one => {
      if (isUnknown) return { column: one, value: this.dialect.nullOf(one.sqlType) }
      const { from, where, row: linked } = this.related(field, row)
      return { column: one, value: sql`(select ${column(linked.alias, one.name)} from ${from} where ${and(where)})` }
    })
  }

  /** What the column holds, of a type that can be compared. */
  stored(one: Column, row: Row): Sql {
    const stored = column(row.alias, one.name)
    return one.mustCast ? sql`(${stored})::${sql.raw(one.sqlType)}` : stored
  }

  /** The value of a field where its guard holds; what that guard is, is asked apart. */
  value(field: Field, row: Row): Sql {
    if (field.kind === 'column') return this.stored(field.column, row)
    if (field.kind === 'toOne') return this.shownKey(field, row)[0] as Sql
    if (field.kind === 'computed') return this.#computed(field, row)
    throw new Error(`${field.name} has no value of its own`)
  }

  /** The shown value: null where the field is hidden on the row. */
  shown(field: Field, row: Row): Sql {
    const guard = this.fieldGuard(field, row)
    return guard === yes ? this.value(field, row) : sql`case when ${guard} then ${this.value(field, row)} end`
  }

  #computed(field: ComputedField, row: Row): Sql {
    const { compute } = field
    if (compute.by === 'where') return sql`(${this.#computedWhere(field, row, false)}) is true`
    if (compute.by === 'words') {
      const own = column(row.alias, compute.column.name)
      const cases = [...compute.words].map(
        ([value, word]) => sql`when ${sql.lit(value)} then ${sql.lit(word)}::${sql.raw(field.sqlType)}`,
      )
      return sql`(case ${own} ${sql.join(cases, sql` `)} end)`
    }
    if (compute.by === 'sql') {
      this.onlyTables = false
      const text = compute.pieces.map((piece, i) => {
        const name = compute.columns[i]
        const source = name === undefined ? undefined : row.resource.fields.get(name)
        return source?.kind === 'column'
          ? sql`${sql.raw(piece)}${column(row.alias, source.column.name)}`
          : sql.raw(piece)
      })
      // The expression is its author's and may raise, so it is reached on permitted rows only.
      const allowed = and([this.visible(row), this.fieldGuard(field, row)])
      const expression = sql`(${sql.join(text, sql``)})::${sql.raw(field.sqlType)}`
      return allowed === yes ? expression : sql`(case when ${allowed} then ${expression} end)`
    }
    if (compute.by === 'code') throw new Error(`${field.name} is made in code`)
    const counted = compute.seesAll ? raw(row) : row
    const related = this.related(compute.relationship, counted)
    const { from, where, row: target } = related
    const inner =
      compute.filter.children.size === 0 && compute.filter.leaves.length === 0
        ? yes
        : this.condition(this.#read(compute.filter, target.resource), target)
    if (compute.by === 'exists') return this.exists(related, [...where, inner])
    return sql`(select count(*) from ${from} where ${and([...where, inner])})`
  }

  #computedWhere(field: ComputedField, row: Row, negated: boolean): Sql {
    if (field.compute.by !== 'where') throw new Error(`${field.name} is no condition`)
    // Its guard already asks that all fields it looks at are readable here, or that a role publishes it.
    return this.condition(this.#read(field.compute.filter, row.resource), raw(row), negated)
  }

  #read(tree: Parameters<typeof readFilter>[0], resource: Resource): Condition {
    return readFilter(tree, resource, policyReader(this.set.api.resources))
  }
}

function raw(row: Row): Row {
  return row.access ? { ...row, access: null, via: row.via && { ...row.via, row: raw(row.via.row) } } : row
}

/** Only a key leads back to this very record, and only under the name of this resource. */
function backTo(row: Row, link: Link, field: Field): Way | undefined {
  const { key } = row.resource
  if (row.linkOnly || field.kind !== 'toOne' || field.target !== row.resource.name) return undefined
  if (key.length !== link.own.length || !key.every(column => link.own.includes(column))) return undefined
  return { field, row, visible: row.access && describeCondition(row.access.visible) }
}
