// One connection on PostgreSQL's wire: sends a tick's statements in one write and gives each the rows that are its own.
//
//   add … add, send  ->  [Parse] Bind Execute … Sync  ->  server
//   server  ->  BindComplete DataRow* CommandComplete … ReadyForQuery  ->  the oldest statement that waits
//
// An error skips what stands between it and the next Sync (PostgreSQL, "Pipelining"): those statements are sent again.
import type { Socket } from 'node:net'
import { MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import type { PendingRead } from './pending-read.ts'
import { PreparedNames } from './prepared-names.ts'
import { readServerError, type ServerError } from './server-error.ts'
import { LostConnectionError, ProtocolError, ResultTooLargeError } from './wire-errors.ts'
import { WireRows } from './wire-rows.ts'

/** A statement that was sent and is not answered yet. */
interface Sent {
  /** Null where nobody waits for this answer any more. */
  read: PendingRead | null
  readonly name: string
  /** The name that its Parse gives it; empty where it is parsed for itself alone, or was prepared before. */
  readonly preparing: string
  /** Its Parse is not answered yet. */
  parsing: boolean
  /** Its Bind is answered: rows that come now are its own. */
  bound: boolean
  /** Names whose Close went before it. */
  readonly closing: readonly string[]
  /** Milliseconds that it is expected to take. */
  readonly cost: number
  /** It shares a commit. */
  readonly grouped: boolean
  rows: WireRows
}

/** Stands for a Sync among what was sent. */
const sync = 'sync'

export interface WireOptions {
  /** False for a pooler that keeps no statements. */
  readonly prepare: boolean
  /** Statements that a connection keeps prepared. */
  readonly maxPrepared: number
  /** Of one result. */
  readonly maxResultBytes: number
}

const none: readonly string[] = []

/** What a connection tells the pool. */
export interface WireEvents {
  /** Statements that have to be sent again, on whatever connection, oldest first. */
  again(reads: readonly PendingRead[]): void
  /** Statements of these names were answered, in so many milliseconds each. */
  answered(names: readonly string[], msEach: number): void
  /** Room for more. */
  drained(): void
  /** The connection is gone; `reads` were on it. */
  down(error: Error, reads: readonly PendingRead[]): void
}

/** Statements that are expected to take longer in all than this are not made to wait for one Sync. */
const syncMs = 0.25

/** A read stays where it is once it was sent so often: each time the database may do it again. */
const maxSent = 3

/** Settings on which the spelling of values depends: a session in which they change is not to be trusted. */
const pinned: ReadonlyMap<string, string> = new Map([
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'iso_8601'],
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
])

export class WireConnection {
  readonly #socket: Socket
  readonly #options: WireOptions
  readonly #events: WireEvents
  readonly #reader: MessageReader
  readonly #writer = new MessageWriter()
  readonly #prepared: PreparedNames
  readonly #sent: (Sent | typeof sync)[] = []
  /** Writes that wait for their commit. */
  #done: Sent[] = []
  /** Names that the server has to forget before the next statement. */
  readonly #closing: string[] = []
  #unsyncedMs = 0
  #unsynced = false
  #answered: string[] = []
  /** Expected of all that is in flight. */
  #backlogMs = 0
  /** Statements in flight. */
  depth = 0
  /** Writes among them that share a commit. */
  grouped = 0
  /** When the last answer came, or the first statement was sent after a pause. */
  progressedAt = 0
  /** Takes no more: it is being cancelled, or is gone. */
  closed = false

  constructor(socket: Socket, options: WireOptions, events: WireEvents) {
    this.#socket = socket
    this.#options = options
    this.#events = events
    this.#prepared = new PreparedNames(options.maxPrepared)
    this.#reader = new MessageReader(options.maxResultBytes, (type, bytes, start, end) =>
      this.#message(type, bytes, start, end),
    )
    socket.on('data', chunk => this.#data(chunk as Buffer))
    socket.on('error', error => this.destroy(new LostConnectionError('The connection broke.', { cause: error })))
    socket.on('close', () => this.destroy(new LostConnectionError('The connection was closed.')))
  }

  /** Milliseconds until a statement that is added now would begin, as far as can be told. */
  get backlogMs(): number {
    return this.#backlogMs
  }

  /** The server does not even take what was sent. */
  get isStuffed(): boolean {
    return this.#socket.writableLength > 1024 * 1024
  }

  /** @param cost milliseconds that it is expected to take */
  add(read: PendingRead, cost: number): void {
    const { statement } = read
    // A Sync before and after: nothing else is undone with it, and it with nothing else.
    if (read.writes === 'alone' && this.#unsynced) this.#sync()
    // One that was stale goes without a name: another connection's plan, or another read's, may be stale as well.
    const name = this.#options.prepare && !read.stale ? statement.name : ''
    const parsing = name === '' || !this.#prepared.has(name)
    if (parsing && name !== '') {
      const closed = this.#prepared.add(name)
      if (closed !== null) this.#closing.push(closed)
    }
    const closing = this.#closing.length === 0 ? none : this.#closing.splice(0)
    for (const closed of closing) this.#writer.close(closed)
    if (parsing) this.#writer.parse(name, statement.text)
    this.#writer.bind(name, read.values)
    this.#writer.execute()
    if (this.depth === 0) this.progressedAt = performance.now()
    this.#sent.push({
      read,
      name: statement.name,
      preparing: parsing ? name : '',
      parsing,
      bound: false,
      closing,
      cost,
      grouped: read.writes === 'grouped',
      rows: new WireRows(),
    })
    this.depth += 1
    if (read.writes === 'grouped') this.grouped += 1
    this.#backlogMs += cost
    read.sent += 1
    this.#unsynced = true
    this.#unsyncedMs += cost
    if (read.writes === 'alone' || (!read.writes && this.#unsyncedMs >= syncMs)) this.#sync()
  }

  /** Sends what was added, in one write. */
  send(): void {
    if (this.#unsynced) this.#sync()
    if (!this.#writer.isEmpty) this.#socket.write(this.#writer.take())
  }

  /** The read that runs now, or null where nobody waits for it; undefined where nothing runs. */
  get running(): PendingRead | null | undefined {
    const first = this.#done[0] ?? this.#sent.find(one => one !== sync)
    return first?.read
  }

  /** Somebody waits for a statement behind the one that runs: a cancel that comes late would hit it. */
  get hasBehind(): boolean {
    const statements = this.#sent.filter(one => one !== sync)
    return statements.slice(1).some(({ read }) => read !== null && !read.settled)
  }

  /** The statement that runs is not waited for any more. */
  abandonRunning(): void {
    const first = this.#sent.find(one => one !== sync)
    if (first) first.read = null
  }

  /** Takes the reads that stand behind the one that runs, to be sent elsewhere; their answers here are dropped. */
  takeBehind(): PendingRead[] {
    const taken: PendingRead[] = []
    let isFirst = true
    for (const one of this.#sent) {
      if (one === sync) continue
      if (!isFirst && one.read !== null && !one.read.writes && one.read.sent < maxSent) {
        taken.push(one.read)
        one.read = null
      }
      isFirst = false
    }
    return taken
  }

  destroy(error: Error): void {
    if (this.#reads === null) return
    const reads = this.#reads()
    this.#reads = null
    this.closed = true
    this.depth = 0
    this.#socket.destroy()
    this.#events.down(error, reads)
  }

  /** What is on the connection; null once that was given back. */
  #reads: (() => PendingRead[]) | null = () =>
    [...this.#done, ...this.#sent].flatMap(one =>
      one === sync || one.read === null || one.read.settled ? [] : [one.read],
    )

  #sync(): void {
    this.#writer.sync()
    this.#sent.push(sync)
    this.#unsynced = false
    this.#unsyncedMs = 0
  }

  #data(chunk: Buffer): void {
    if (this.#reads === null) return
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.destroy(new LostConnectionError('What came cannot be understood.', { cause: error }))
      return
    }
    const [first] = this.#sent
    // The rest of this result comes in another chunk, into the same buffer.
    if (first !== undefined && first !== sync) first.rows.detach()
    for (const { rows } of this.#done) rows.detach()
    if (this.#answered.length === 0) return
    const now = performance.now()
    this.#events.answered(this.#answered, (now - this.progressedAt) / this.#answered.length)
    this.progressedAt = now
    this.#answered = []
    this.#events.drained()
  }

  #message(type: number, bytes: Buffer, start: number, end: number): void {
    if (this.#reads === null) return
    switch (type) {
      case letter.dataRow:
        this.#row(bytes, start, end)
        break
      case letter.bindComplete:
        checkLength(end - start, 0)
        this.#bound()
        break
      case letter.closeComplete:
      case letter.noData:
        checkLength(end - start, 0)
        break
      case letter.notice:
      case letter.notification:
        break
      case letter.parseComplete:
        checkLength(end - start, 0)
        this.#parsed()
        break
      case letter.commandComplete:
        checkTag(bytes, start, end)
        this.#complete()
        break
      case letter.emptyQuery:
        checkLength(end - start, 0)
        this.#complete()
        break
      case letter.readyForQuery:
        checkLength(end - start, 1)
        this.#committed()
        // What waits stays in the list until then, to be given back.
        if (!this.#isSync()) throw new ProtocolError('The server is ready too early.')
        this.#sent.shift()
        break
      case letter.error:
        this.#error(readServerError(bytes, start, end))
        break
      case letter.parameterStatus:
        checkParameter(bytes, start, end)
        break
      default:
        throw new ProtocolError(`A message of type ${type} has no place here.`)
    }
  }

  #isSync(): boolean {
    return this.#sent[0] === sync
  }

  #first(): Sent {
    const [first] = this.#sent
    if (first === undefined || first === sync) throw new ProtocolError('An answer to a question that was not asked.')
    return first
  }

  #parsed(): void {
    const first = this.#first()
    if (!first.parsing) throw new ProtocolError('A statement that was parsed twice.')
    first.parsing = false
  }

  /** Once for each statement: where an answer was lost, or came twice, the next read would get another's rows. */
  #bound(): void {
    const first = this.#first()
    if (first.parsing || first.bound) throw new ProtocolError('The answers are not in order.')
    first.bound = true
  }

  #firstBound(): Sent {
    const first = this.#first()
    if (!first.bound) throw new ProtocolError('Rows of a statement that is not bound.')
    return first
  }

  #row(bytes: Buffer, start: number, end: number): void {
    const first = this.#firstBound()
    if (first.read === null) return
    const max = this.#options.maxResultBytes
    if (first.rows.size + (end - start) <= max) first.rows.add(bytes, start, end)
    else {
      first.read.fail(new ResultTooLargeError(max))
      first.read = null
      first.rows = new WireRows()
    }
  }

  #complete(): void {
    const first = this.#firstBound()
    if (first.read?.writes) {
      this.#sent.shift()
      this.#done.push(first)
    } else this.#deliver()
  }

  /** Only now is a write sure to last. */
  #committed(): void {
    for (const { read, rows } of this.#takeDone()) read?.succeed(rows)
  }

  #takeDone(): Sent[] {
    const done = this.#done
    if (done.length === 0) return done
    this.#done = []
    for (const one of done) {
      this.#leave(one)
      this.#answered.push(one.name)
    }
    return done
  }

  #deliver(): void {
    const { read, name, rows } = this.#remove()
    this.#answered.push(name)
    if (read !== null) read.succeed(rows)
  }

  #remove(): Sent {
    const first = this.#first()
    this.#sent.shift()
    this.#leave(first)
    return first
  }

  #leave({ cost, grouped }: Sent): void {
    this.depth -= 1
    if (grouped) this.grouped -= 1
    this.#backlogMs = this.depth === 0 ? 0 : this.#backlogMs - cost
  }

  #error(error: ServerError): void {
    if (error.fatal) this.destroy(new LostConnectionError('The server ended the session.', { cause: error }))
    if (error.fatal) return
    const done = this.#takeDone()
    // At a Sync there is nothing left that could fail but a commit.
    if (this.#isSync()) {
      this.#undone(done, error)
      return
    }
    const { read, name, preparing, parsing } = this.#remove()
    this.#answered.push(name)
    if (parsing) this.#prepared.delete(preparing)
    // What was done before it in the same transaction is undone with it.
    const again = done.flatMap(one => (one.read === null ? [] : [one.read]))
    const skipped = this.#skip()
    if (read !== null && isStale(error) && !read.stale) {
      read.stale = true
      this.#prepared.delete(name)
      if (!parsing || error.code === '42P05') this.#closing.push(name)
      again.push(read)
    } else if (read?.writes === 'grouped' && again.length + skipped.length > 0) again.push(read)
    else read?.fail(error)
    again.push(...skipped)
    this.#sendAgain(again)
  }

  /** The server skips to the Sync. */
  #skip(): PendingRead[] {
    const reads: PendingRead[] = []
    while (this.#sent.length > 0 && !this.#isSync()) {
      const skipped = this.#remove()
      if (skipped.parsing) this.#prepared.delete(skipped.preparing)
      // It skips a Close as well.
      this.#closing.push(...skipped.closing)
      if (skipped.read !== null) reads.push(skipped.read)
    }
    return reads
  }

  /** A commit failed: of one write that is its error, of several each is tried alone. */
  #undone(done: readonly Sent[], error: ServerError): void {
    const reads = done.flatMap(one => (one.read === null ? [] : [one.read]))
    if (reads.length === 1) reads[0]?.fail(error)
    else this.#sendAgain(reads)
  }

  #sendAgain(reads: readonly PendingRead[]): void {
    for (const read of reads) if (read.writes) read.writes = 'alone'
    if (reads.length > 0) this.#events.again(reads)
  }
}

/** 0A000: cached plan must not change result type; 26000: no such statement (DISCARD, or a pooler's other session); 42P05: it is there already. */
function isStale({ code }: ServerError): boolean {
  return code === '0A000' || code === '26000' || code === '42P05'
}

/** @throws ProtocolError for a message that holds more than it may: it might hold the beginning of the next read's answer */
function checkLength(length: number, wanted: number): void {
  if (length !== wanted) throw new ProtocolError(`A message of ${length} bytes where it has ${wanted}.`)
}

/** @throws ProtocolError for a command's tag that is not one word of text and its end */
function checkTag(bytes: Buffer, start: number, end: number): void {
  if (bytes.indexOf(0, start) !== end - 1) throw new ProtocolError('The end of a command is longer than its tag.')
}

/** @throws ProtocolError where somebody changed what the spelling of values depends on */
function checkParameter(bytes: Buffer, start: number, end: number): void {
  const [name = '', value] = bytes.toString('utf8', start, end).split('\0')
  const wanted = pinned.get(name)
  if (wanted !== undefined && wanted !== value) throw new ProtocolError(`The session's ${name} has changed.`)
}

const letter = {
  parseComplete: 0x31,
  bindComplete: 0x32,
  closeComplete: 0x33,
  notification: 0x41,
  commandComplete: 0x43,
  dataRow: 0x44,
  error: 0x45,
  emptyQuery: 0x49,
  notice: 0x4e,
  parameterStatus: 0x53,
  readyForQuery: 0x5a,
  noData: 0x6e,
} as const
