// Spells events as `text/event-stream` has them (HTML, section 9.2), as byte text.
import type { MediaOffer } from './media-offer.ts'

export const eventStream: MediaOffer = { mediaType: 'text/event-stream', parameters: { charset: 'utf-8' } }

export interface ServerEvent {
  readonly name: string
  /** Without a line break. */
  readonly id: string
  /** Byte text. */
  readonly data: string
}

/** A line break in the data, which JSON may have between its tokens, begins another line of it. */
export function spellEvent({ name, id, data }: ServerEvent): string {
  const lines = data.split(/\r\n|\r|\n/).map(line => `data: ${line}\n`)
  return `event: ${name}\nid: ${id}\n${lines.join('')}\n`
}

/** Says nothing but that the connection lives. */
export const keepAlive = ':\n\n'
