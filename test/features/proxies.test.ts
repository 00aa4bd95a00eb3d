// A shared cache of others in front: it keeps what everybody sees alike, asks again with the tag, and gives nobody what was another's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Newsroom, openNewsroom } from '../caching/newsroom.ts'
import { missingProxy, proxyKinds, type RunningProxy, startProxy } from '../caching/proxies.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

for (const kind of proxyKinds) {
  const missing = missingProxy(kind)
  if (missing) describe.skip(`${kind.name} in front: ${missing}`, () => it('is skipped', () => undefined))
  else
    describeEachServer(`${kind.name} in front`, server => {
      let news: Newsroom
      let proxy: RunningProxy
      const tokens = new Map<string, string | null>([['a guest', null]])
      beforeAll(async () => {
        news = await openNewsroom(server)
        proxy = await startProxy(kind, news.server.port)
        tokens.set('the editor', await signToken('7', { role: 'editor' }))
        tokens.set('the owner of some', await signToken('2'))
        tokens.set('the owner of others', await signToken('3'))
      }, 60_000)
      afterAll(async () => {
        await proxy?.close()
        await news?.close()
      })
      const ask = async (path: string, who = 'a guest') => {
        const token = tokens.get(who)
        const before = news.statements.length
        const response = await fetch(`${proxy.url}/api${path}`, {
          headers: { ...(token && { authorization: `Bearer ${token}` }) },
        })
        const text = await response.text()
        return {
          status: response.status,
          text,
          cache: response.headers.get('x-cache'),
          statements: news.statements.length - before,
        }
      }
      /** Asks until the cache says so. */
      const askUntil = async (path: string, cache: string) => {
        for (let tries = 0; tries < 200; tries++) {
          const answer = await ask(path)
          if (answer.cache === cache) return answer
          await new Promise(resolve => setTimeout(resolve, 25))
        }
        throw new Error(`${path} is never ${cache}`)
      }

      it('keeps what is the same for everybody, and asks again with the tag', async () => {
        for (const path of ['/topics', '/topics/1', '/topics?page[size]=1']) {
          const first = await ask(path)
          expect([first.status, first.cache], path).toEqual([200, 'MISS'])
          const kept = await askUntil(path, 'HIT')
          expect([kept.text, kept.statements]).toEqual([first.text, 0])
        }
        const again = await askUntil('/topics', 'REVALIDATED')
        expect([again.status, again.text]).toEqual([200, (await news.get('/topics')).text])
        await news.write(`update topics set name = 'other', updated_at = '2021-01-01' where id = 1`)
        for (let tries = 0; !(await ask('/topics/1')).text.includes('other'); tries++) {
          expect(tries).toBeLessThan(200)
          await new Promise(resolve => setTimeout(resolve, 25))
        }
      })

      it('gives nobody what was made for another', async () => {
        const paths = [
          '/stories?page[size]=8',
          '/stories/1',
          '/drafts',
          '/drafts/1',
          '/drafts/2',
          '/topics/1?include=stories',
        ]
        const people = [...tokens.keys()]
        const direct = async (path: string, who: string) =>
          (await news.get(path, { token: tokens.get(who) ?? null })).text
        let differing = 0
        for (const path of paths) {
          const texts = new Set<string>()
          for (const who of [...people, ...people.toReversed()]) {
            const { status, text, cache } = await ask(path, who)
            expect([status, cache === 'HIT'], `${path} for ${who}`).toEqual([200, false])
            expect(text, `${path} for ${who}`).toBe(await direct(path, who))
            texts.add(text)
          }
          if (texts.size > 1) differing += 1
        }
        expect(differing).toBe(paths.length)
        // What is gone for one is gone for him alone.
        expect((await ask('/stories/5', 'the editor')).status).toBe(200)
        expect((await ask('/stories/5')).status).toBe(404)
        expect((await ask('/stories/5', 'the editor')).status).toBe(200)
      })
    })
}
