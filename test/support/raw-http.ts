// Speaks HTTP/1.1 byte for byte over one socket, so that tests can send what no client library would.
import { connect, type Socket } from 'node:net'

export interface RawReply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The server said nothing in time, or closed without an answer. */
export type NoReply = 'hung' | 'closed'

export class RawConnection {
  private readonly port: number
  private socket: Socket | undefined
  private received = Buffer.alloc(0)
  private wake: () => void = () => undefined

  constructor(port: number) {
    this.port = port
  }

  /** Sends the bytes as they are, connecting anew where the server closed. */
  async exchange(bytes: Buffer, { head = false, timeoutMs = 5_000 } = {}): Promise<RawReply | NoReply> {
    const reused = this.isOpen()
    const reply = await this.once(bytes, head, timeoutMs)
    // A connection that was kept may have been closed just as we wrote.
    return reply === 'closed' && reused ? this.once(bytes, head, timeoutMs) : reply
  }

  close(): void {
    this.socket?.destroy()
  }

  private isOpen(): boolean {
    return this.socket !== undefined && !this.socket.destroyed && this.socket.writable
  }

  private async once(bytes: Buffer, head: boolean, timeoutMs: number): Promise<RawReply | NoReply> {
    const socket = this.isOpen() ? (this.socket as Socket) : this.open()
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.wake()
    }, timeoutMs)
    socket.write(bytes)
    try {
      for (;;) {
        const reply = this.take(head)
        if (reply) return reply
        if (late) return 'hung'
        if (socket.destroyed || socket.readableEnded) return 'closed'
        await new Promise<void>(resolve => {
          this.wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
      if (late) socket.destroy()
    }
  }

  private open(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true })
    this.socket = socket
    this.received = Buffer.alloc(0)
    socket.on('data', chunk => {
      if (this.socket !== socket) return
      this.received = Buffer.concat([this.received, chunk])
      this.wake()
    })
    for (const event of ['end', 'close', 'error']) socket.on(event, () => this.wake())
    return socket
  }

  /** The answer, once it is whole; interim ones (1xx) are skipped. */
  private take(head: boolean): RawReply | undefined {
    const end = this.received.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [line = '', ...fields] = this.received.subarray(0, end).toString('latin1').split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1])
    const headers = Object.fromEntries(
      fields.map(field => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    )
    if (status < 200) {
      this.received = this.received.subarray(end + 4)
      return this.take(head)
    }
    const length = head || status === 304 || status === 204 ? 0 : Number(headers['content-length'] ?? 0)
    if (this.received.length < end + 4 + length) return undefined
    const body = this.received.subarray(end + 4, end + 4 + length).toString('utf8')
    this.received = this.received.subarray(end + 4 + length)
    if (headers.connection === 'close') {
      this.socket?.destroy()
      this.socket = undefined
    }
    return { status, headers, body }
  }
}
