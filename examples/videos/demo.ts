// What `colonnade demo videos` serves: the data, who the tokens are for, requests to paste.
import api from './api.ts'

export { isSeeded, seedVideos as seed } from './seed.ts'
export { api }

/** User 20 is anybody, user 18 owns video 3031; a guest presents no token. */
export const callers = {
  guest: null,
  regular: { id: '20' },
  owner: { id: '18' },
  admin: { id: '1', role: 'admin' },
}

interface Surroundings {
  readonly url: string
  readonly tokens: Readonly<Record<keyof typeof callers, string | null>>
  readonly bold: (text: string) => string
}

export function describe({ url, tokens, bold }: Surroundings): string {
  return `
${bold('As a guest')}
  curl -g '${url}/videos?fields=title,user.username&filter[published]=true&sort=-views_count&page[size]=3'
  curl '${url}/videos/3031?include=user,comments'
  curl -g '${url}/videos?aggregate[views_count]=sum,avg&group=state&page[size]=1'

${bold('As a regular user')} (number 20), ${bold('as the owner')} of video 3031 (user 18), ${bold('as an admin')} (user 1)
  curl -H 'Authorization: Bearer ${tokens.regular}' '${url}/users/18'
  curl -H 'Authorization: Bearer ${tokens.owner}' '${url}/users/18'
  curl -H 'Authorization: Bearer ${tokens.admin}' '${url}/users/18'

${bold('What there is')}: curl ${url}    ${bold('what one resource takes')}: curl -X OPTIONS ${url}/videos`
}

/** The words after `colonnade` that explain a request of it. */
export const explained = "explain --demo --role regular --claim id=20 GET '/api/videos?draft=true'"
