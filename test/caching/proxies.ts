// Shared caches of others in front of a server, for tests: nginx and Varnish, installed from Debian where they are missing and that is allowed.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port.ts'

export interface ProxyKind {
  readonly name: 'nginx' | 'varnish'
  /** Of Debian. */
  readonly package: string
  readonly program: string
  readonly file: string
  config(folder: string, port: number, upstream: number): string
  args(folder: string, port: number): readonly string[]
}

export interface RunningProxy {
  readonly url: string
  close(): Promise<void>
}

const nginx: ProxyKind = {
  name: 'nginx',
  package: 'nginx-light',
  program: '/usr/sbin/nginx',
  file: 'nginx.conf',
  config: (folder, port, upstream) => `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/temp; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=answers:1m use_temp_path=off;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_cache answers;
      proxy_cache_revalidate on;
      add_header x-cache $upstream_cache_status always;
    }
  }
}`,
  args: folder => ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')],
}

const varnish: ProxyKind = {
  name: 'varnish',
  package: 'varnish',
  program: '/usr/sbin/varnishd',
  file: 'default.vcl',
  config: (_folder, _port, upstream) => `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${upstream}"; }
sub vcl_backend_response {
  set beresp.grace = 0s;
  set beresp.keep = 60s;
  unset beresp.http.x-was;
  if (beresp.was_304) { set beresp.http.x-was = "REVALIDATED"; }
}
sub vcl_deliver {
  if (obj.hits > 0) { set resp.http.x-cache = "HIT"; }
  elsif (resp.http.x-was) { set resp.http.x-cache = resp.http.x-was; }
  else { set resp.http.x-cache = "MISS"; }
}`,
  args: (folder, port) => [
    ...['-F', '-a', `127.0.0.1:${port}`, '-f', join(folder, 'default.vcl'), '-n', join(folder, 'work')],
    ...['-s', 'malloc,16m', '-T', 'none'],
  ],
}

export const proxyKinds: readonly ProxyKind[] = [nginx, varnish]

/** @returns why there is none; null where there is one */
export function missingProxy({ program, package: name }: ProxyKind): string | null {
  const runs = () => {
    try {
      execFileSync(program, ['-V'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  if (runs()) return null
  if (process.getuid?.() !== 0) return `${name} is not installed, and only root may install it`
  try {
    // Installed, not started: what runs is started by the test, and ended by it.
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', name], {
      stdio: 'ignore',
      timeout: 120_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    })
  } catch {
    return `${name} is not installed, and apt-get cannot install it`
  }
  return runs() ? null : `${name} was installed and does not run`
}

/** @param upstream the port of the server behind it */
export async function startProxy(kind: ProxyKind, upstream: number): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), `colonnade-${kind.name}-`))
  // Its workers are another user.
  chmodSync(folder, 0o755)
  const port = await freePort()
  writeFileSync(join(folder, kind.file), kind.config(folder, port, upstream))
  const child = spawn(kind.program, kind.args(folder, port), { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString()
  })
  const url = `http://127.0.0.1:${port}`
  try {
    await untilAnswering(url, child, () => said)
  } catch (error) {
    child.kill()
    throw error
  }
  return {
    url,
    async close() {
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function untilAnswering(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`It ended at once: ${said()}`)
    const answered = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answered) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`It does not answer: ${said()}`)
}
