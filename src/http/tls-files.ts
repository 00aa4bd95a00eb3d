// Reads certificate and key from files, and again when they change; a pair that does not fit is not taken.
import { type FSWatcher, readFileSync, watch } from 'node:fs'
import type { Server } from 'node:https'
import { dirname } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

export interface TlsOptions {
  /** File with the certificate and those that lead to the root, in PEM. */
  readonly cert: string
  /** File with its private key, in PEM. */
  readonly key: string
  /** Of an encrypted key. */
  readonly passphrase?: string
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

export interface TlsFiles {
  /** For the start of a server. */
  readonly context: SecureContextOptions
  /** Reads anew; who is connected notices nothing. @throws Error where the new pair does not fit: the old one stays */
  reload(server: Server): void
  /** Reads anew whenever the files change, until the function that it returns is called. */
  follow(server: Server, onError: (error: unknown) => void): () => void
}

/** Both files are mostly written one after the other. */
const settleMs = 300
/** Some file systems tell of no change. */
const pollMs = 60_000

/** @throws Error where a file can't be read or the pair does not fit */
export function readTlsFiles(options: TlsOptions): TlsFiles {
  let context = readContext(options)
  const reload = (server: Server) => {
    const next = readContext(options)
    if (isSame(next, context)) return
    server.setSecureContext(next)
    context = next
  }
  return {
    context,
    reload,
    follow(server, onError) {
      let settling: NodeJS.Timeout | undefined
      // Told once, not at every look.
      let said = ''
      const look = () => {
        try {
          reload(server)
          said = ''
        } catch (error) {
          if (said !== String(error)) onError(error)
          said = String(error)
        }
      }
      const settle = () => {
        clearTimeout(settling)
        settling = setTimeout(look, settleMs).unref()
      }
      // Folders, for a file that is replaced, as by a renewed link, is another one from then on.
      const folders = new Set([dirname(options.cert), dirname(options.key)])
      const watchers = [...folders].map(folder => watchFolder(folder, settle))
      const poll = setInterval(look, pollMs).unref()
      return () => {
        clearTimeout(settling)
        clearInterval(poll)
        for (const one of watchers) one?.close()
      }
    },
  }
}

function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange)
    return watcher.on('error', () => watcher.close())
  } catch {
    // Where nothing can be watched, the look once a minute is left.
    return undefined
  }
}

function readContext({ cert, key, passphrase, minVersion = 'TLSv1.2' }: TlsOptions): SecureContextOptions {
  try {
    const context = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      minVersion,
      ...(passphrase !== undefined && { passphrase }),
    }
    createSecureContext(context)
    return context
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`The certificate ${cert} and the key ${key} can't be used: ${why}`, { cause })
  }
}

function isSame(one: SecureContextOptions, other: SecureContextOptions): boolean {
  return String(one.cert) === String(other.cert) && String(one.key) === String(other.key)
}
