// Asks a list once more part by part, and with the validators that it came with; what may be shared is asked for as somebody else.
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { Asker } from './asker.ts'
import type { Asked } from './make-request.ts'
import type { Random } from './random.ts'
import type { Street } from './street.ts'

export interface PartFault {
  readonly reason: string
  readonly answers: readonly [HttpResponse, HttpResponse]
}

/** @param random a stream of its own, so that cases stay what they are without this */
export async function askParts(
  { street, asker, random }: { readonly street: Street; readonly asker: Asker; readonly random: Random },
  asked: Asked,
  answers: readonly [HttpResponse, HttpResponse],
  number: number,
  isFault: (answers: readonly [HttpResponse, HttpResponse]) => string | null,
): Promise<PartFault | null> {
  const [answer] = answers
  if (asked.method !== 'GET') return null
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const both = await street.ask(asked, number, headers)
    const reason = isFault(both)
    return {
      both,
      fault: reason === null ? null : { reason: `${reason}, with ${JSON.stringify(headers)}`, answers: both },
    }
  }
  if (answer.headers['cache-control']?.startsWith('public')) {
    const other = await street.askCold(asked, number, { authorization: 'companion' })
    if (other.body !== answer.body || other.headers.etag !== answer.headers.etag)
      return { reason: 'what may be shared is another for somebody else', answers: [answer, other] }
  }
  const { etag, 'last-modified': modified } = answer.headers
  if (etag !== undefined && random.chance(0.3)) {
    const { fault } = await ask({ 'if-none-match': etag })
    if (fault) return fault
  }
  if (modified !== undefined) {
    const { fault } = await ask({ 'if-modified-since': modified })
    if (fault) return fault
  }
  if (answer.headers['accept-ranges'] === undefined || !random.chance(0.25)) return null
  let range: string | undefined = makeRange(asker, random)
  for (let i = 0; i < 4 && range !== undefined; i++) {
    const { both, fault }: Awaited<ReturnType<typeof ask>> = await ask({ range })
    if (fault) return fault
    range = both[0].headers['next-range']
  }
  return null
}

function makeRange(asker: Asker, random: Random): string {
  const fields = random.pick([...asker.resources.values()]).fields
  const end = () => random.pick(['', '', '', String(random.int(12)), 'a', '2020-01-01T00:00:00Z', 'true', '""'])
  const options = [`max=${1 + random.int(4)}`, random.pick(['order=asc', 'order=desc'])]
  return `${random.pick(fields).name} ${random.pick(['', ']'])}${end()}..${random.pick(['', end()])}; ${options.join(', ')}`.replace(
    ' ]..',
    ' ..',
  )
}
