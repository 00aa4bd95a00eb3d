import { expect, it } from 'vitest'
import { compileBasePath } from './compile-base-path.ts'

const read = (given: string | undefined) => {
  const problems: string[] = []
  const path = compileBasePath(given, problem => void problems.push(problem))
  return { path, problems }
}

it.each([
  [undefined, '/api'],
  ['/', ''],
  ['/api', '/api'],
  ['/public/api-2', '/public/api-2'],
  ['/~me/a.b_c', '/~me/a.b_c'],
] as const)('takes %s', (given, path) => {
  expect(read(given)).toEqual({ path, problems: [] })
})

it.each([
  ['', '"/"'],
  ['//', '"/"'],
  ['api', '"/api"'],
  ['/api/', '"/api"'],
  ['//api', '"/api"'],
  ['/api//v', '"/api/v"'],
  ['/api?v=1', '"/api"'],
  ['/api#top', '"/api"'],
  ['/a%20b', '"/a-20b"'],
  ['/über', '"/ber"'],
  ['/a b', '"/a-b"'],
  ['/..', '"/"'],
  ['/api/../secret', '"/api/secret"'],
  ['/.', '"/"'],
  ['\\api', '"/api"'],
  ['/api\n', '"/api"'],
] as const)('refuses %j, and names one that works', (given, named) => {
  const { problems } = read(given)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(`basePath: "${given}" is none.`)
  expect(problems[0]?.endsWith(`: ${named}`)).toBe(true)
  expect(read(JSON.parse(named)).problems).toEqual([])
})
