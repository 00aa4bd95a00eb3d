// Spells what was said of an included list as the query of that list alone: where a link leads on when it was cut.
import { decodeQueryComponent } from '../request/decode-component.ts'

/**
 * @param search the query of the request, which was read before and is well-formed
 * @param path `comments.user`
 * @param size how many were included
 */
export function includeQuery(search: string, path: string, size: number): string {
  const option = /^include\[([^\]]+)\]\[(sort|filter)\](.*)$/s
  const kept = search.split('&').flatMap(pair => {
    const equals = pair.indexOf('=')
    const key = equals < 0 ? pair : pair.slice(0, equals)
    const [, of, name, rest] = option.exec(decodeQueryComponent(key, { parameter: 'include' })) ?? []
    if (of !== path || name === undefined) return []
    return [`${name}${encodeURIComponent(rest ?? '')}${equals < 0 ? '' : pair.slice(equals)}`]
  })
  return [...kept, `page[size]=${size}`, 'page[number]=2'].join('&')
}
