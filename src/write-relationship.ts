// Writes the links of one relationship in a transaction: as changes of the record, or of the records that hold the foreign key, would.
import { accessTo, allowWay } from './access/allow-read.ts'
import type { Transaction } from './databases/database.ts'
import { readStored } from './execute-record.ts'
import { runPlanned } from './execute-write.ts'
import { planEntry } from './plan-entry.ts'
import { malformed } from './request/document-members.ts'
import { toPlain } from './request/read-document.ts'
import { keyOfId, readLinkages } from './request/read-linkage.ts'
import { pointIntoDocument } from './respond/point-into-document.ts'
import type { Entry, WriteToExecute } from './run-write.ts'
import type { ManyToManyField, ToOneField } from './schema/field.ts'
import { type RelationshipToWrite, writeForeignKeys } from './write-foreign-keys.ts'

/**
 * @returns the tables that were changed
 * @throws ApiError, ApiErrors that point into the document; the transaction cannot go on then
 */
export async function writeRelationship(
  asked: RelationshipToWrite,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<readonly string[]> {
  const { access: set } = given
  const field = allowWay(asked.relationship, accessTo(asked.resource, set), set)
  const isOne = field.kind === 'toOne' || (field.kind === 'toMany' && field.single)
  if (isOne && asked.how !== 'replace')
    throw malformed(asked.at, 'What leads to one record at most is replaced: links are neither added nor removed.')
  return field.kind === 'toMany'
    ? writeForeignKeys(field, asked, given, transaction)
    : writeOwn(field, asked, given, transaction)
}

/** As `PATCH /videos/1 {"user":…}` would. */
async function writeOwn(
  field: ToOneField | ManyToManyField,
  asked: RelationshipToWrite,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<readonly string[]> {
  const { resource, id, byKey, how, at, localIds } = asked
  const { access: set } = given
  const kept = how === 'remove' && Array.isArray(asked.data) ? keysAmong(asked.data, field, asked, set) : null
  const data = kept ? kept.map(({ one }) => one) : asked.data
  const record = { [field.name]: toPlain(field, data, at, { api: set.api, localIds }) }
  const entry: Entry = {
    ...{ kind: 'update', id, byKey, record, pointer: '' },
    ...(how !== 'replace' && { links: how }),
  }
  try {
    const planned = planEntry(entry, given, accessTo(resource, set), { resource, id, parent: null }, true)
    if (asked.check) {
      await readStored(planned, given, transaction)
      await asked.check()
    }
    await runPlanned(planned, given, transaction)
    return [planned.plan.changes]
  } catch (error) {
    const place = (pointer: string) => {
      const [index, ...rest] = pointer.split('/').slice(2)
      return index === undefined ? at : [at, kept?.[Number(index)]?.i ?? index, ...rest].join('/')
    }
    throw pointIntoDocument(error, { place, isLinkage: pointer => pointer !== at })
  }
}

/** Those whose ids may be those of records, with their places: what is not there need not be removed. */
function keysAmong(
  data: readonly unknown[],
  field: ToOneField | ManyToManyField,
  { at, localIds }: RelationshipToWrite,
  set: WriteToExecute['access'],
): readonly { readonly one: unknown; readonly i: number }[] {
  const target = set.target(field)?.resource
  const links = readLinkages(data, at, target, localIds)
  return data.flatMap((one, i) => (target && keyOfId(links[i]?.id ?? '', target) === null ? [] : [{ one, i }]))
}
