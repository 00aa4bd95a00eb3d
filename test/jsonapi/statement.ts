// What the table of JSON:API statements is made of: for each one how it is met, and what a case may ask with.
import assert from 'node:assert/strict'
import type { Reply } from '../support/api-under-test.ts'

/** The videos example, spoken to in JSON:API alone. `regular` is user 20, `owner` user 18, `admin` user 1. */
export interface Site {
  /** With `Accept: application/vnd.api+json` unless the headers say otherwise. */
  get(path: string, as?: Role, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** A document as the body. */
  send(
    method: string,
    path: string,
    body: unknown,
    as?: Role,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>
  /** One with members that JSON:API does not know. */
  sendOdd(method: string, path: string, body: unknown, as?: Role): Promise<Reply>
}

export type Role = 'guest' | 'regular' | 'owner' | 'admin'

export type Statement = Named & (Met | OfClients | NeverComes)

interface Named {
  /** As the list of normative statements calls it. */
  readonly id: string
  /** What it asks, in our own words. */
  readonly says: string
  /** How many sentences go by this id; one unless it is said. */
  readonly sentences?: number
}

interface Met {
  /** Shows over HTTP that it is met; throws where it is not. */
  readonly met: (site: Site) => Promise<void>
}

interface OfClients {
  /** Asked of clients: what the server does about it. */
  readonly client: string
}

interface NeverComes {
  /** Why what it speaks of does not come up here. */
  readonly never: string
}

// biome-ignore lint/suspicious/noExplicitAny: a document is read as it comes
export type Json = any

export const mediaType = 'application/vnd.api+json'

/** The document of an answer that must be 200. */
export async function read(site: Site, path: string, as?: Role): Promise<Json> {
  const { status, json, text } = await site.get(path, as)
  assert.equal(status, 200, `${path}: ${text.slice(0, 300)}`)
  return json
}

export function expectStatus({ status, text }: Reply, expected: number): void {
  assert.equal(status, expected, text.slice(0, 500))
}

/** A video of somebody who may change it. */
export async function makeVideo(site: Site, more: Json = {}, as: Role = 'admin'): Promise<Json> {
  const attributes = { title: 'Made for a statement', file: 'made.mp4', state: 'published', ...more.attributes }
  const relationships = as === 'admin' ? { user: one('users', 1), ...more.relationships } : more.relationships
  const made = await site.send('POST', '/videos', { data: { type: 'videos', attributes, relationships } }, as)
  expectStatus(made, 201)
  return made.json.data
}

export const identifier = (type: string, id: string | number) => ({ type, id: String(id) })
export const one = (type: string, id: string | number) => ({ data: identifier(type, id) })
export const many = (type: string, ...ids: readonly (string | number)[]) => ({
  data: ids.map(id => identifier(type, id)),
})

const paths: readonly (readonly [path: string, as: Role])[] = [
  ['/videos?page[size]=3', 'guest'],
  ['/videos/1', 'guest'],
  ['/videos/1?include=user,comments.user,music_track', 'regular'],
  ['/videos?include=comments&include[comments][limit]=1&page[size]=2', 'admin'],
  ['/videos?page[number]=2&page[size]=2&page[total]=exact&fields[videos]=title,links', 'guest'],
  ['/likes?page[size]=2&include=user,video', 'regular'],
  ['/users/18', 'owner'],
  ['/videos?filter[id]=0', 'guest'],
  ['/videos/1/user', 'guest'],
  ['/videos/2/music-track', 'guest'],
  ['/videos/1/comments?page[size]=2', 'guest'],
  ['/videos/1/relationships/user', 'guest'],
  ['/videos/2/relationships/music-track', 'guest'],
  ['/videos/1/relationships/comments', 'guest'],
  ['/tags?page[size]=2&aggregate_by[id]=count', 'guest'],
]
const wrong: readonly string[] = ['/videos?nothing=1', '/videos/0', '/likes', '/videos?page[size]=1000']

export interface Sample {
  readonly path: string
  readonly as: Role
  readonly reply: Reply
  readonly json: Json
}

/** Documents of every kind that a read answers. */
export async function samples(site: Site): Promise<readonly Sample[]> {
  const found: Sample[] = []
  for (const [path, as] of paths) {
    const reply = await site.get(path, as)
    expectStatus(reply, 200)
    found.push({ path, as, reply, json: reply.json })
  }
  return found
}

export async function failures(site: Site): Promise<readonly Sample[]> {
  const found: Sample[] = []
  for (const path of wrong) {
    const reply = await site.get(path)
    assert.ok(reply.status >= 400, path)
    found.push({ path, as: 'guest', reply, json: reply.json })
  }
  return found
}

/** Resource objects of a document: primary and included. */
export function objectsOf({ data = null, included = [] }: Json): readonly Json[] {
  return [data, included].flat().filter((object: Json) => object !== null && 'attributes' in object)
}

export async function allObjects(site: Site): Promise<readonly Json[]> {
  const objects = (await samples(site)).flatMap(({ json }) => objectsOf(json))
  assert.ok(objects.length > 10)
  return objects
}

/** Every object and member in a document, with its path. */
export function visit(value: Json, see: (value: Json, path: readonly string[]) => void, path: readonly string[] = []) {
  see(value, path)
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) visit(inner, see, [...path, name])
}

export const isObject = (value: Json) => typeof value === 'object' && value !== null && !Array.isArray(value)
