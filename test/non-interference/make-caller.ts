// Random callers: guests, people of the data and strangers, with claims of every kind and none.
import type { Caller } from './condition.ts'
import type { Random } from './random.ts'

/** @param like one whose roles this caller holds too, under another name and with other claims */
export function makeCaller(random: Random, like?: Caller): Caller {
  if (like ? like.id === null : random.chance(0.18)) return { id: null, claims: new Map() }
  const claims = new Map<string, unknown>()
  const maybe = (name: string, values: readonly unknown[]) => {
    if (random.chance(0.75)) claims.set(name, random.pick(values))
  }
  if (like) claims.set('role', like.claims.get('role'))
  else maybe('role', ['chief', 'boss', 'clerk', ['clerk', 'chief'], null, 7])
  maybe('team', [1, 2, 3, 4, '2', '3', null, [1], {}, 'x', 1e300, 2.5, true])
  maybe('teams', [[1, 2], [2, 3, 4], [], [1, 'x'], [null], 3, '4', null, {}, ['5', 6]])
  maybe('level', [0, 1, 5, '7', '-1', null, 9_007_199_254_740_991, '9007199254740993', 1.5, ''])
  maybe('name', ['a', 'ab', '7', '%', '_', 'tail\\', '', 5, null, ['a'], 'x y'])
  maybe('word', ['a', 'b', '00000001-0000-4000-8000-000000000001', '%a', null, { a: 1 }])
  maybe('mood', ['calm', 'glad', 'furious', null])
  maybe('flag', [true, false, 'true', 'yes', 0, null])
  maybe('junk', [{}, [[]], 'a', 1, null, Number.MAX_VALUE])
  return {
    id: random.weigh([
      [8, String(1 + random.int(8))],
      [1, '99'],
      [1, 'nobody'],
      [1, ''],
    ] as const),
    claims,
  }
}
