// A TCP proxy before PostgreSQL that cuts, stalls, splits and holds what passes through it, where a seed says so.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../hostile/random.ts'

/** Chances are for each chunk that arrives, in either direction; a rule that is left out does not happen. */
export interface FaultRules {
  /** Closes both sides after a part of the chunk, with or without a reset. */
  readonly cut?: number
  /** Lets a part of the chunk through, and the rest after at most `stallMs`. */
  readonly stall?: number
  readonly stallMs?: number
  /** Lets a part of the chunk through, and from then on nothing: neither side is told. */
  readonly freeze?: number
  /** Freezes each connection at this chunk of it, the first being 1: 3 lets it start up and answers nothing. */
  readonly freezeAt?: number
  /** Sends a stretch of the chunk in pieces of at most `splitBytes`. */
  readonly split?: number
  readonly splitBytes?: number
  /** Collects what comes in the next `holdMs`, which then leaves at once. */
  readonly hold?: number
  readonly holdMs?: number
  /** For each new connection: resets it. */
  readonly refuse?: number
}

type Count = 'connections' | 'cancels' | 'cuts' | 'stalls' | 'freezes' | 'splits' | 'holds' | 'refusals'

export interface FaultProxy {
  readonly port: number
  readonly counts: Readonly<Record<Count, number>>
  /** For what arrives from now on; what is frozen stays so. */
  setRules(rules: FaultRules): void
  /** Freezes every connection that is open. */
  freezeAll(): void
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  isFrozen: boolean
  /** In both directions. */
  chunks: number
}

/** Pieces of a chunk that is split; what is left goes in one, or large answers would take minutes. */
const maxPieces = 48
const cancelCode = 80_877_102

/** @param target the server's address; a host that begins with a slash is the folder of its Unix socket */
export async function startFaultProxy(
  target: { readonly host: string; readonly port: number },
  random: Random,
): Promise<FaultProxy> {
  const counts = { connections: 0, cancels: 0, cuts: 0, stalls: 0, freezes: 0, splits: 0, holds: 0, refusals: 0 }
  const links = new Set<Link>()
  let rules: FaultRules = {}

  function happens(chance: number | undefined, count: Count): boolean {
    if (chance === undefined || !random.chance(chance)) return false
    counts[count]++
    return true
  }

  async function forward(link: Link, from: Socket, to: Socket): Promise<void> {
    try {
      // While a chunk is held back, the next ones gather to one.
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        link.chunks++
        if (link.chunks === 1 && chunk.length === 16 && chunk.readInt32BE(4) === cancelCode) counts.cancels++
        // A frozen link goes on reading, and so learns when a side closes.
        if (!link.isFrozen) await pass(link, chunk, to)
      }
      if (!link.isFrozen) to.end()
      // The client of a frozen link hears no more, not even that it is closed; its session must not outlive it.
      else link.server.destroy()
    } catch {
      if (link.isFrozen) link.server.destroy()
      else drop(link)
    }
  }

  async function pass(link: Link, chunk: Buffer, to: Socket): Promise<void> {
    if (happens(link.chunks === rules.freezeAt ? 1 : rules.freeze, 'freezes')) {
      link.isFrozen = true
      return send(to, cutOff(chunk))
    }
    if (happens(rules.cut, 'cuts')) {
      await send(to, cutOff(chunk))
      return drop(link)
    }
    if (happens(rules.stall, 'stalls')) {
      const part = cutOff(chunk)
      await send(to, part)
      await sleep(random.next() * (rules.stallMs ?? 100))
      if (!link.isFrozen) await send(to, chunk.subarray(part.length))
    } else if (happens(rules.split, 'splits')) {
      for (const piece of split(chunk)) {
        await send(to, piece)
        await nextTurn()
      }
    } else await send(to, chunk)
    if (happens(rules.hold, 'holds')) await sleep(rules.holdMs ?? 10)
  }

  /** From nothing of it to all of it. */
  function cutOff(chunk: Buffer): Buffer {
    return chunk.subarray(0, random.below(chunk.length + 1))
  }

  function split(chunk: Buffer): readonly Buffer[] {
    let at = random.chance(0.5) ? 0 : random.below(chunk.length)
    const pieces = [chunk.subarray(0, at)]
    while (at < chunk.length && pieces.length < maxPieces) {
      const next = at + 1 + random.below(rules.splitBytes ?? 8)
      pieces.push(chunk.subarray(at, next))
      at = next
    }
    return [...pieces, chunk.subarray(at)].filter(piece => piece.length > 0)
  }

  function drop({ client, server }: Link): void {
    server.destroy()
    if (random.chance(0.5)) client.resetAndDestroy()
    else client.destroy()
  }

  const listener = createServer({ noDelay: true, allowHalfOpen: true }, client => {
    client.on('error', () => undefined)
    if (happens(rules.refuse, 'refusals')) return void client.resetAndDestroy()
    counts.connections++
    const address = target.host.startsWith('/') ? { path: `${target.host}/.s.PGSQL.${target.port}` } : target
    const server = connect({ ...address, noDelay: true, allowHalfOpen: true })
    server.on('error', () => undefined)
    const link: Link = { client, server, isFrozen: false, chunks: 0 }
    links.add(link)
    client.once('close', () => {
      links.delete(link)
      server.destroy()
    })
    server.once('close', () => {
      if (!link.isFrozen) client.destroySoon()
    })
    void forward(link, client, server)
    void forward(link, server, client)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  return {
    port: (listener.address() as AddressInfo).port,
    counts,
    setRules: next => {
      rules = next
    },
    freezeAll: () => {
      for (const link of links) link.isFrozen = true
      counts.freezes += links.size
    },
    close: async () => {
      for (const link of links) drop(link)
      listener.close()
      await once(listener, 'close')
    },
  }
}

/** Waits until the bytes are on their way, so that a cut comes after them. */
async function send(to: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return
  await new Promise<void>((resolve, reject) => to.write(bytes, error => (error ? reject(error) : resolve())))
}
