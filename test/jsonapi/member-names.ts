// Statements on the names of members.
import assert from 'node:assert/strict'
import { failures, makeVideo, read, type Site, type Statement, samples, visit } from './statement.ts'

const globally = String.raw`[a-zA-Z0-9\u0080-\u{10ffff}]`
const allowed = new RegExp(`^${globally}(?:(?:${globally}|[-_ ])*${globally})?$`, 'u')

export const isMemberName = (name: string) => allowed.test(name)

/** Every member that documents of all kinds have; what stands in a JSON column is data. */
async function namesIn(site: Site): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const { json } of [...(await samples(site)), ...(await failures(site))])
    visit(json, (_, path) => {
      const name = path.at(-1)
      if (name !== undefined && !/^\d+$/.test(name)) names.add(name)
    })
  assert.ok(names.size > 40)
  return [...names]
}

const areRight = async (site: Site) => {
  for (const name of await namesIn(site)) assert.ok(isMemberName(name), name)
}

export const memberNames: readonly Statement[] = [
  {
    id: 'member-name-case',
    says: 'names differ by case',
    met: async site => {
      for (const query of ['fields[videos]=Title', 'filter[State]=draft', 'include=User', 'sort=TITLE', 'Sort=title'])
        assert.equal((await site.get(`/videos?${query}`)).status, 400, query)
    },
  },
  {
    id: 'member-name-character',
    says: 'no name is empty',
    met: async site => assert.ok((await namesIn(site)).every(name => name.length > 0)),
  },
  { id: 'member-name-allowed-characters-only', says: 'names are made of allowed characters', met: areRight },
  {
    id: 'member-name-globally-allowed',
    says: 'they begin and end with a letter or digit; columns that do not are served under another name',
    met: areRight,
  },
  {
    id: 'member-name-url-safe',
    says: 'names that need no escape in a URL are best',
    met: async site => {
      for (const name of await namesIn(site)) assert.equal(encodeURIComponent(name), name)
    },
  },
  {
    id: 'member-name-allowed-characters',
    says: 'letters, digits and what lies beyond ASCII may stand anywhere',
    met: areRight,
  },
  {
    id: 'member-name-reserved-characters',
    says: 'no name has a reserved character, nor can any be asked for by one',
    met: async site => {
      for (const name of await namesIn(site)) assert.doesNotMatch(name, /[+,.[\]!"#$%&'()*/:;<=>?@\\^`{|}~]/)
    },
  },
  {
    id: 'member-name-at-members-definition',
    says: 'members of requests may begin with @',
    met: async site => {
      const odd = { data: { '@about': 1, type: 'tags', attributes: { name: 'at-members', '@more': {} } }, '@top': [] }
      assert.equal((await site.sendOdd('POST', '/tags', odd, 'admin')).status, 201)
    },
  },
  {
    id: 'member-name-at-members-where',
    says: 'anywhere in a document',
    met: async site => {
      const { id } = await makeVideo(site)
      const odd = {
        data: {
          type: 'videos',
          id,
          relationships: { '@x': 1, music_track: { '@y': 2, data: null } },
          meta: { '@z': 3 },
        },
      }
      assert.equal((await site.sendOdd('PATCH', `/videos/${id}`, odd, 'admin')).status, 200)
    },
  },
  {
    id: 'member-name-at-members-no-process',
    says: 'they are passed over, and not kept',
    met: async site => {
      const { id, attributes } = await makeVideo(site)
      const odd = { data: { type: 'videos', id, attributes: { '@title': 'no title', '@nothing': 1 } } }
      assert.equal((await site.sendOdd('PATCH', `/videos/${id}`, odd, 'admin')).status, 200)
      assert.equal((await read(site, `/videos/${id}`, 'admin')).data.attributes.title, attributes.title)
    },
  },
  {
    id: 'member-name-at-members-ignore-for-definitions',
    says: 'and count for nothing: a document of them alone has no data',
    met: async site => {
      const body = { '@data': { type: 'tags', attributes: { name: 'x' } } }
      assert.equal((await site.sendOdd('POST', '/tags', body, 'admin')).status, 400)
    },
  },
]
