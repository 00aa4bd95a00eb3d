// A served certificate is replaced under a running `colonnade serve`: by SIGHUP, or by the change of its files alone.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { type CliProcess, makeFolder, startCli } from '../support/cli.ts'
import { emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'

const [server] = servers()
if (!server) throw new Error('a server is needed')

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }) !== ''
  } catch {
    return false
  }
})()

describe.skipIf(!hasOpenssl)(
  hasOpenssl ? 'a certificate' : 'a certificate (openssl is not there to make one)',
  { timeout: 30_000 },
  () => {
    const folder = makeFolder()
    let database: TestDatabase
    let served: CliProcess | undefined

    beforeAll(async () => {
      database = await emptyDatabase(server)
      await withClient(database.config, client => client.query('create table notes (id int primary key)'))
      for (const name of ['first', 'second', 'third']) makePair(name)
    })
    afterEach(async () => {
      await served?.end()
      served = undefined
    })
    afterAll(async () => {
      folder.remove()
      await database.drop()
    })

    const fileOf = (name: string) => join(folder.path, name)

    function makePair(name: string): void {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
      const files = ['-keyout', fileOf(`${name}.key`), '-out', fileOf(`${name}.cert`)]
      execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...subject], { stdio: 'pipe' })
    }

    /** As certbot does: another file takes its place. */
    function replace(file: string, by: string): void {
      copyFileSync(by, `${file}.new`)
      renameSync(`${file}.new`, file)
    }

    function put(name: string, cert: string, key: string): void {
      replace(key, fileOf(`${name}.key`))
      replace(cert, fileOf(`${name}.cert`))
    }

    async function serve(cert: string, key: string): Promise<{ readonly port: number; readonly url: string }> {
      const files = ['--tls-cert', cert, '--tls-key', key]
      served = startCli(['serve', database.url, '--open', '--port', '0', '--json', ...files], { cwd: folder.path })
      const { url } = JSON.parse(await served.ready)
      return { url, port: Number(new URL(url).port) }
    }

    /** The name in the certificate that a new connection meets. */
    async function nameAt(port: number): Promise<string> {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      const name = String(socket.getPeerCertificate().subject.CN)
      socket.destroy()
      return name
    }

    function get(url: string, agent: Agent): Promise<number | undefined> {
      return new Promise((resolve, reject) => {
        request(`${url}/notes`, { agent, rejectUnauthorized: false }, reply =>
          reply.resume().once('end', () => resolve(reply.statusCode)),
        )
          .once('error', reject)
          .end()
      })
    }

    it('is taken anew on SIGHUP, for new connections; a broken one is not, and the log says why', async () => {
      // Behind links to another folder, in which nobody watches: what is told here tells the signal.
      const apart = fileOf('apart')
      mkdirSync(apart)
      const [cert, key] = [join(apart, 'cert.pem'), join(apart, 'key.pem')]
      put('first', cert, key)
      symlinkSync(cert, fileOf('linked.cert'))
      symlinkSync(key, fileOf('linked.key'))
      const { port, url } = await serve(fileOf('linked.cert'), fileOf('linked.key'))
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      expect(await get(url, agent)).toBe(200)
      const [held] = Object.values(agent.freeSockets).flat()
      expect(await nameAt(port)).toBe('first')

      put('second', cert, key)
      expect(await nameAt(port)).toBe('first')
      served?.child.kill('SIGHUP')
      await expect.poll(() => nameAt(port), { timeout: 10_000 }).toBe('second')
      expect(await get(url, agent)).toBe(200)
      expect(Object.values(agent.freeSockets).flat()[0]).toBe(held)

      writeFileSync(cert, 'no certificate')
      served?.child.kill('SIGHUP')
      await served?.hears('The reload failed')
      await served?.hears("can't be used")
      expect(await nameAt(port)).toBe('second')
      expect(await get(url, agent)).toBe(200)

      put('third', cert, key)
      served?.child.kill('SIGHUP')
      await expect.poll(() => nameAt(port), { timeout: 10_000 }).toBe('third')
      expect(Object.values(agent.freeSockets).flat()[0]).toBe(held)
      agent.destroy()
    })

    it('is taken anew when its files change, without a signal; a broken one is not, and the log says why', async () => {
      const [cert, key] = [fileOf('cert.pem'), fileOf('key.pem')]
      put('first', cert, key)
      const { port } = await serve(cert, key)
      expect(await nameAt(port)).toBe('first')
      put('second', cert, key)
      await expect.poll(() => nameAt(port), { timeout: 10_000 }).toBe('second')
      // A certificate without its key.
      replace(cert, fileOf('third.cert'))
      await served?.hears("can't be used")
      expect(await nameAt(port)).toBe('second')
      replace(key, fileOf('third.key'))
      await expect.poll(() => nameAt(port), { timeout: 10_000 }).toBe('third')
    })
  },
)
