import { expect, it } from 'vitest'
import { type Layout, marks, type ObjectForm } from '../plan/layout.ts'
import { fromByteText, toByteText } from './byte-text.ts'
import { liftIncluded } from './lift-included.ts'

const link = (name: string, type: string | null = null) => ({ name, path: name, type, hasLinks: true, hidden: false })
const form = (type: string, ...relationships: ObjectForm['relationships']): ObjectForm => ({
  ...{ type, path: type, self: true, relationships },
})
const forms = [form('users'), form('comments', link('user', 'users'))]
const layout = {
  included: forms.map(one => ({ form: one })),
  object: form('videos', link('user'), link('comments')),
} as unknown as Layout

const object = (index: number, id: string, attributes: string, linkage = '') =>
  `${marks.object}${index};${JSON.stringify(id)}${marks.part}${attributes}${marks.part}${linkage}${self(index)}${marks.close}`
/** The link to the record itself comes after its relationships. */
const self = (index: number) => at([0, 1, 2][index] as number, '')
const at = (index: number, what: string) => `${marks.relationship}${index}:${what}`

it('lifts each record once, links all that lead to it, and leads on where a list was cut', () => {
  const comment = object(1, '5', ',"text":"é"', at(0, '"7"'))
  const video = (id: string) =>
    object(2, id, ',"title":"a"', at(0, object(0, '7', ',"name":"A"')) + at(1, `[${comment}]${marks.cut}1;`))
  const text = toByteText(`${video('1')},${video('å,"/')}`)
  const { data, included } = liftIncluded(
    text,
    layout,
    '/api',
    (place, name, index) => `${place}/relationships/${name}?${index}`,
  )
  const [first, second, ...more] = JSON.parse(`[${fromByteText(data)}]`)
  const place = '/api/videos/%C3%A5,%22%2F'
  expect(more).toEqual([])
  expect(first.links).toEqual({ self: '/api/videos/1' })
  expect(second).toEqual({
    type: 'videos',
    id: 'å,"/',
    attributes: { title: 'a' },
    relationships: {
      user: {
        links: { self: `${place}/relationships/user`, related: `${place}/user` },
        data: { type: 'users', id: '7' },
      },
      comments: {
        links: {
          self: `${place}/relationships/comments`,
          related: `${place}/comments`,
          next: `${place}/relationships/comments?1`,
        },
        data: [{ type: 'comments', id: '5' }],
      },
    },
    links: { self: place },
  })
  expect(JSON.parse(`[${fromByteText(included)}]`)).toEqual([
    { type: 'users', id: '7', attributes: { name: 'A' }, links: { self: '/api/users/7' } },
    {
      type: 'comments',
      id: '5',
      attributes: { text: 'é' },
      relationships: {
        user: {
          links: { self: '/api/comments/5/relationships/user', related: '/api/comments/5/user' },
          data: { type: 'users', id: '7' },
        },
      },
      links: { self: '/api/comments/5' },
    },
  ])
})
