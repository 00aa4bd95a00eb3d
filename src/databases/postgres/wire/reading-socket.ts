// A socket that reads into one buffer of its own: node would make one of 64 kB for every read, and collect them all again.
import { Socket } from 'node:net'

const bufferBytes = 64 * 1024

export interface ReadingSocket {
  readonly socket: Socket
  /** From now on the bytes of a `data` event are there only until its listener returns. */
  lend(): void
}

/** Not for TLS, which reads by itself. */
export function makeReadingSocket(): ReadingSocket {
  let lends = false
  const buffer = Buffer.allocUnsafeSlow(bufferBytes)
  const options = {
    onread: {
      buffer,
      callback: (bytes: number) => {
        const chunk = buffer.subarray(0, bytes)
        socket.emit('data', lends ? chunk : Buffer.from(chunk))
        return true
      },
    },
  }
  // The option is node's (`net.connect` documents it), though its types name it for `connect` alone.
  const socket = new Socket(options as object)
  return {
    socket,
    lend: () => {
      lends = true
    },
  }
}
