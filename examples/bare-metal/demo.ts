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
  // Of `{"data":{"id":"…"` the sixth piece is the id.
  const id = `| cut -d '"' -f 6`
  const opens = `${url}/bare-metals/1234/switch-port-open-requests`
  const day = '{"measured_from":"2014-09-29","measured_until":"2014-09-30"}'
  return `
${bold('As a client')} with the servers 1221 to 1240
  REGULAR='Authorization: Bearer ${tokens.regular}'
  curl -H "$REGULAR" '${url}/bare-metals/1234?include=switch_ports'
  curl -H "$REGULAR" ${json} -d '{}' '${opens}'
  curl -H "$REGULAR" '${opens}?sort=-created_at&limit=1'

${bold('Wait')} until a port is closed, ${bold('follow')} how another is opened
  curl -H "$REGULAR" ${json} -H 'Prefer: wait=20' -d '{"switch_port":67}' '${url}/switch-port-close-requests'
  COMMAND=$(curl -s -H "$REGULAR" ${json} -d '{"switch_port":69}' '${url}/switch-port-open-requests' ${id})
  curl -N -H "$REGULAR" -H 'Accept: text/event-stream' "${url}/switch-port-open-requests/$COMMAND"

${bold('A report')} of a day's traffic: ask for it, look how far it is, fetch it
  REPORT=$(curl -s -H "$REGULAR" ${json} -d '${day}' '${url}/bare-metals/1234/traffic-reports' ${id})
  curl -H "$REGULAR" -H 'Prefer: wait=20' "${url}/traffic-reports/$REPORT"
  curl -L -H "$REGULAR" "${url}/traffic-reports/$REPORT/content"
  curl -H "$REGULAR" '${url}/traffic-reports?available=true'

${bold('In the first version')}, with names in camelCase and numbers for states
  curl -H "$REGULAR" '${url}/v1/bareMetals/1234/switchPorts'
  curl -H "$REGULAR" ${json} -d '{}' '${url}/v1/bareMetals/1234/switchPortOpenRequests'

${bold('As another client')}, who sees nothing of it, ${bold('and as an admin')}
  OTHER='Authorization: Bearer ${tokens.other}'
  ADMIN='Authorization: Bearer ${tokens.admin}'
  curl -H "$OTHER" '${url}/bare-metals/1234'
  curl -g -H "$ADMIN" '${url}/switch-port-open-requests?filter[last_error][null]=false&include=switch_port'

${bold('What there is')}: curl -H "$REGULAR" ${url}
`
}
