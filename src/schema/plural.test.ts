// Plural and singular of the words that tables are usually named with.
import { describe, expect, test } from 'vitest'
import { toPlural, toSingular } from './plural.ts'

const pairs = `
comment comments, category categories, day days, address addresses, status statuses, box boxes, branch branches, person people,
child children, analysis analyses, house houses, warehouse warehouses, database databases, case cases, size sizes, license licenses,
movie movies, alias aliases, lens lenses, purchase purchases, photo photos, tax taxes, menu menus, invoice invoices, reply replies,
blog_post blog_posts, blogPost blogPosts, BlogPost BlogPosts, ORDER_LINE ORDER_LINES, Person People, data data, news news, series series
`
  .trim()
  .split(/,\s*/)
  .map(pair => pair.split(' ') as [string, string])

describe('plural and singular', () => {
  test.each(pairs)('%s becomes %s', (one, many) => expect(toPlural(one)).toBe(many))
  test.each(pairs)('%s comes from %s', (one, many) => expect(toSingular(many)).toBe(one))
  test.each(pairs)('%s and %s stay what they are already', (one, many) => {
    expect(toPlural(many)).toBe(many)
    expect(toSingular(one)).toBe(one)
  })
  test('keeps the spelling of a table that is named in the plural, whatever ours would be', () => {
    expect(toPlural('indexes')).toBe('indexes')
  })
  test('leaves alone what does not end in a word', () => {
    for (const name of ['t1', 'S', '', 'tabelle_ä', '日本']) expect(toSingular(name)).toBe(name)
  })
})
