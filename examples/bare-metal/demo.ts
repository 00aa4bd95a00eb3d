// What `colonnade demo bare-metal` serves: the data, who the tokens are for, a switch, requests to paste.
import api, { makeApi } from './api.ts'
import { startSwitch } from './switch.ts'

export { isSeeded, seedBareMetal as seed } from './seed.ts'
export { api }

/** Client 1 has the servers 1221 to 1240, client 2 has 1201 to 1220. */
export const callers = { regular: { id: '1' }, other: { id: '2' }, admin: { id: '0', role: 'admin' } }

/** A switch of its own, on a good day: now and then it is busy, cuts the connection or answers too late. */
export async function start() {
  const running = await startSwitch({ weather: { fails: 0.1, cutAfter: 0.05, late: 0.03 } })
  return {
    api: makeApi(running),
    notes: [`The switch listens on ${running.host}:${running.port}`],
    close: running.close,
  }
}

interface Surroundings {
  readonly url: string
  readonly tokens: Readonly<Record<keyof typeof callers, string>>
  readonly bold: (text: string) => string
}

export function describe({ url, tokens, bold }: Surroundings): string {
  const json = `-H 'Content-Type: application/json'`
  return `
${bold('As a client')} with the servers 1221 to 1240
  REGULAR='Authorization: Bearer ${tokens.regular}'
  curl -H "$REGULAR" '${url}/bare-metals/1234?include=switch_ports'
  curl -H "$REGULAR" ${json} -d '{}' '${url}/bare-metals/1234/switch-port-open-requests'
  curl -H "$REGULAR" '${url}/bare-metals/1234/switch-port-open-requests?sort=-created_at&limit=1'
  curl -H "$REGULAR" ${json} -d '{"switch_port":67}' '${url}/switch-port-close-requests'

${bold('As another client')}, who sees nothing of it, ${bold('and as an admin')}
  OTHER='Authorization: Bearer ${tokens.other}'
  ADMIN='Authorization: Bearer ${tokens.admin}'
  curl -H "$OTHER" '${url}/bare-metals/1234'
  curl -g -H "$ADMIN" '${url}/switch-port-open-requests?filter[last_error][null]=false&include=switch_port'

${bold('What there is')}: curl -H "$REGULAR" ${url}
`
}
