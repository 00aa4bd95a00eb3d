// Gives a command in both twins and lets a worker perform it: what it did, what it says and its content are the same.
import type { Data, Row } from '../non-interference/world.ts'
import { type Case, type Found, isToldByPolicy } from './case.ts'
import { areApart, withoutNow } from './lane.ts'
import type { Write } from './make-ask.ts'
import type { RequestProduct } from './product.ts'

const none = { attempted: () => undefined, followRequests: () => undefined }

export async function workAlike(
  one: Case,
  gift: Extract<Write, { kind: 'give' }>,
  { followWork }: RequestProduct,
): Promise<Found | null> {
  const { twins, lane, pair, count } = one
  if (isToldByPolicy(one, gift)) return null
  await twins.load(pair)
  const given = await lane.ask(gift.asked)
  if (areApart(given, true)) return { what: 'other answers', asked: gift.asked, answers: [...given] }
  if (given[0].status !== 201 && given[0].status !== 202) return null
  const works = twins.both.map(({ database, storage }) =>
    followWork({ pollMs: 50 }, { database, storage, operation: none, onError: error => void lane.errors.push(error) }),
  )
  try {
    await Promise.all(works.map((work, at) => work.follow(lane.runtimes[at as 0 | 1])))
    const made = await Promise.all(([0, 1] as const).map(at => untilOver(one, gift.table, at)))
    const told = await Promise.all(([0, 1] as const).map(at => twins.readTold(at)))
    const outcomes = made.map((rows, at) => [...rows.map(row => outcomeOf(row, gift.table)), ...(told[at] ?? [])])
    if (JSON.stringify(outcomes[0]) !== JSON.stringify(outcomes[1]))
      return { what: 'other outcomes', asked: gift.asked, made, told }
    for (const row of made[0] as readonly Row[]) count(`performed ${gift.table} ${row.status}`)
    // Whoever made the file chose its name, in each twin another.
    for (const { id } of made[0] as readonly Row[])
      for (const path of [
        `/api/${gift.table}/${id}`,
        ...(gift.table === 'files' ? [`/api/files/${id}/content`] : []),
      ]) {
        const asked = { method: 'GET', target: path }
        const answers = await lane.ask(asked)
        count(`performed: GET ${path.endsWith('content') ? 'content ' : ''}${answers[0].status}`)
        if (areApart(answers, !path.endsWith('content'))) return { what: 'other answers', asked, answers: [...answers] }
      }
    return null
  } finally {
    await Promise.all(works.map(work => work.stop()))
  }
}

async function untilOver({ twins }: Case, table: string, at: 0 | 1): Promise<readonly Row[]> {
  const end = performance.now() + 20_000
  for (;;) {
    const data: Data = await twins.readAll(at)
    const made = (data[table] ?? []).filter(row => Number(row.id) > 1_000)
    if (made.every(row => row.status !== 'pending' && row.status !== 'running')) return made
    if (performance.now() > end) throw new Error(`It is not over: ${JSON.stringify(made)}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** All that is in the row but who performed it, and when. */
function outcomeOf(row: Row, table: string): string {
  const { lease_owner: _, content_name: __, internal_error: ___, ...rest } = row
  return withoutNow(JSON.stringify({ table, ...rest }))
}
