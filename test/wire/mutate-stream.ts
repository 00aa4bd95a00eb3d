// Spoils what a server sends, in one of the ways in which a stream of messages can be wrong.
import type { Random } from '../hostile/random.ts'
import {
  commandComplete,
  dataRow,
  errorResponse,
  message,
  noticeResponse,
  notification,
  parameterStatus,
  parseComplete,
  readyForQuery,
} from './backend-messages.ts'

export const mutations = [
  'flip bits',
  'cut',
  'drop bytes',
  'wrong length',
  'swallow',
  'wrong order',
  'leave out',
  'repeat',
  'extra message',
  'wrong columns',
  'garbage',
] as const

export type Mutation = (typeof mutations)[number]

/** @param bytes whole messages */
export function mutateStream(bytes: Buffer, mutation: Mutation, random: Random): Buffer {
  const messages = split(bytes)
  const at = random.below(messages.length)
  const one = Buffer.from(messages[at] ?? Buffer.alloc(0))
  switch (mutation) {
    case 'flip bits': {
      const flipped = Buffer.from(bytes)
      for (let count = 1 + random.below(4); count > 0; count -= 1) {
        const place = random.below(flipped.length)
        flipped.writeUInt8((flipped[place] ?? 0) ^ (1 << random.below(8)), place)
      }
      return flipped
    }
    case 'cut':
      return bytes.subarray(0, random.below(bytes.length))
    case 'drop bytes': {
      const place = random.below(bytes.length)
      return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1 + random.below(6))])
    }
    case 'wrong length':
      one.writeInt32BE(random.pick([-(2 ** 31), -1, 0, 3, 4, 5, one.length, 1_000, 100_000, 2 ** 24, 2 ** 31 - 1]), 1)
      return Buffer.concat(messages.with(at, one))
    case 'swallow': {
      const swallowed = messages.slice(at, at + 2 + random.below(12))
      const whole = Buffer.concat(swallowed)
      whole.writeInt32BE(whole.length - 1, 1)
      return Buffer.concat(messages.toSpliced(at, swallowed.length, whole))
    }
    case 'wrong order':
      // Neighbours alone: whole answers in another's place are told by nothing.
      return Buffer.concat(messages.toSpliced(at, 2, ...messages.slice(at, at + 2).reverse()))
    case 'leave out':
      return Buffer.concat(messages.toSpliced(at, 1))
    case 'repeat':
      return Buffer.concat(messages.toSpliced(at, 0, ...Array.from({ length: 1 + random.below(3) }, () => one)))
    case 'extra message':
      return Buffer.concat(messages.toSpliced(at, 0, random.pick(extras)))
    case 'wrong columns':
      return Buffer.concat(messages.map(each => (each[0] === 0x44 ? wrongColumns(each, random) : each)))
    case 'garbage':
      return Buffer.concat([Buffer.concat(messages.slice(0, at)), randomBytes(random)])
  }
}

const extras: readonly Buffer[] = [
  ...['A', 'C', 'D', 'E', 'G', 'H', 'I', 'K', 'N', 'R', 'S', 'T', 'V', 'W', 'Z', 'd', 'c', 'n', 's', 't', 'v', '1'].map(
    type => message(type),
  ),
  dataRow(['an', 'unasked', 'row', null]),
  dataRow([]),
  commandComplete(1),
  errorResponse('22012'),
  errorResponse('0A000'),
  errorResponse('26000'),
  errorResponse('57P01', 'FATAL'),
  message('E', 'Cbroken'),
  noticeResponse(),
  notification(),
  parseComplete(),
  readyForQuery(),
  parameterStatus('TimeZone', 'Mars'),
  parameterStatus('DateStyle', 'ISO, YMD'),
  message('D', Buffer.alloc(60_000, 0xff)),
]

function wrongColumns(row: Buffer, random: Random): Buffer {
  if (random.chance(0.5))
    return dataRow(Array.from({ length: random.below(90) }, (_, i) => (i % 3 === 0 ? null : `${i}`)))
  const lying = Buffer.from(row)
  if (lying.length >= 7) lying.writeUInt16BE(random.pick([0, 1, 2, 3, 5, 255, 1_600, 65_535]), 5)
  return lying
}

function split(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const next = at + 1 + bytes.readInt32BE(at + 1)
    messages.push(bytes.subarray(at, next))
    at = next
  }
  return messages
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.below(256)))
}
