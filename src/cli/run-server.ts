// Serves until a signal: reloads on SIGHUP, answers what runs before it ends.
import { createServer as createProbe } from 'node:net'
import { isatty } from 'node:tty'
import { createServer, type RunningServer, type ServerOptions } from '../create-server.ts'
import { IdentityError } from '../identity/identity-error.ts'
import { containStrays, StrayError } from '../jobs/contain-strays.ts'
import { CliError, codeOf, describeError, describeInternal, describeStray } from './cli-error.ts'
import type { Lifetime } from './lifetime.ts'
import { output } from './output.ts'

/** How long a client may keep us waiting for the end of its request. */
const patienceMs = 15_000

type Options = Omit<ServerOptions, 'onError' | 'onReload'>

/** @throws CliError when the port is taken, DefinitionError when the API does not fit the database */
export async function startServer(options: Options, lifetime: Lifetime): Promise<RunningServer> {
  // Until the process ends: what a request has left behind may come at any time.
  const stray = { say: sayError }
  containStrays(error => stray.say(error))
  const server = await listen(options)
  stray.say = server.failed
  lifetime.onEnd(() => close(server, (options.stop?.delayMs ?? 0) + (options.stop?.timeoutMs ?? patienceMs)))
  reloadOnHangUp(server, lifetime)
  return server
}

async function listen(options: Options): Promise<RunningServer> {
  try {
    return await createServer({
      ...options,
      // What is in the log need not be said once more.
      ...(!options.log && {
        onError: sayError,
        onReload: () => output.say('Reloaded.'),
      }),
    })
  } catch (error) {
    throw toListenError(error, options)
  }
}

/** Before work that takes long: would the port be free? */
export async function checkPort(port: number, host = '127.0.0.1'): Promise<void> {
  const probe = createProbe()
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(port, host, resolve))
  } catch (error) {
    throw toListenError(error, { port, host })
  } finally {
    probe.close()
  }
}

function toListenError(error: unknown, { port, host }: Pick<Options, 'port' | 'host'>): unknown {
  const said = {
    EADDRINUSE: `Port ${port} is taken. Choose another with --port, or any free one with --port 0.`,
    EACCES: `Port ${port} may not be used by this user. Choose another with --port.`,
    EADDRNOTAVAIL: `"${host}" is no address of this machine. Choose another with --host.`,
    ENOTFOUND: `"${host}" is no address of this machine. Choose another with --host.`,
  }[codeOf(error) ?? '']
  return said === undefined ? error : new CliError(said, { cause: error })
}

/** SIGHUP asks for a reload, but when the terminal has gone it says that. */
function reloadOnHangUp(server: RunningServer, lifetime: Lifetime): void {
  const onTerminal = isatty(0)
  const onHangUp = () => {
    if (onTerminal && !isatty(0)) process.kill(process.pid, 'SIGTERM')
    else server.reload().catch(error => output.say(describeFailedReload(error)))
  }
  process.on('SIGHUP', onHangUp)
  lifetime.onEnd(async () => void process.off('SIGHUP', onHangUp))
}

function describeFailedReload(error: unknown): string {
  return `The reload failed; what was served before is served on. ${describeError(error)}`
}

async function close(running: RunningServer, timeoutMs: number): Promise<void> {
  const tooLate = setTimeout(() => running.server.closeAllConnections(), timeoutMs)
  await running.close()
  clearTimeout(tooLate)
}

function sayError(error: unknown, requestId?: string): void {
  if (requestId !== undefined) output.say(`Request ${requestId} failed: ${describeInternal(error)}`)
  else if (error instanceof StrayError) output.say(describeStray(error))
  else if (error instanceof IdentityError) output.warn(`${error.message}: ${describeInternal(error.cause)}`)
  else output.say(describeFailedReload(error))
}
