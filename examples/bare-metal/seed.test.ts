// Holds the data of the bare-metal example to what its documentation and the tests of the API rely on.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, servers, type TestDatabase } from '../../test/support/databases.ts'
import { isSeeded, seedBareMetal, sizes } from './seed.ts'

const opened: { client: pg.Client; database: TestDatabase }[] = []

afterAll(async () => {
  for (const { client, database } of opened) {
    await client.end()
    await database.drop()
  }
})

describeEachServer('the data of the bare-metal example', server => {
  let client: pg.Client
  beforeAll(async () => {
    client = await openEmpty(server)
    await seedBareMetal(client, { size: 'tiny' })
  })
  const rowsOf = async (sql: string): Promise<unknown[]> => (await client.query(sql)).rows
  const refused = (sql: string) =>
    client.query(sql).then(
      () => 'done',
      (error: pg.DatabaseError) => `${error.code} ${error.constraint}`,
    )

  it('has as many rows as its size promises', async () => {
    const { samples, ...counts } = sizes.tiny
    for (const [table, count] of Object.entries({ ...counts, traffic: samples * counts.bare_metals }))
      expect(await rowsOf(`select '${table}' as table, count(*)::int from ${table}`)).toEqual([{ table, count }])
    expect([await isSeeded(client, 'tiny'), await isSeeded(client, 'small')]).toEqual([true, false])
  })

  it('has server 1234 of client 1 with one closed port, 1235 with two, and 1201 of client 2', async () => {
    const sql = `select bare_metals.id, client_id, array_agg(switch_ports.id order by 1) as ports, min(status) as status
      from bare_metals join switch_ports on bare_metal_id = bare_metals.id where bare_metals.id in (1201, 1234, 1235) group by 1
      order by 1`
    expect(await rowsOf(sql)).toEqual([
      { id: 1201, client_id: 2, ports: [1], status: 'opened' },
      { id: 1234, client_id: 1, ports: [67], status: 'closed' },
      { id: 1235, client_id: 1, ports: [69, 70], status: 'opened' },
    ])
    expect(await rowsOf('select distinct client_id from bare_metals order by 1')).toHaveLength(sizes.tiny.clients)
  })

  it('finds the port of a command that names the server, and the server of one that names the port', async () => {
    const insert = (columns: string, values: string) =>
      rowsOf(
        `insert into switch_port_open_requests (${columns}) values (${values}) returning switch_port_id, bare_metal_id`,
      )
    const found = [{ switch_port_id: 67, bare_metal_id: 1234 }]
    expect(await insert('bare_metal_id', '1234')).toEqual(found)
    expect(await insert('switch_port_id', '67')).toEqual(found)
    expect(await insert('switch_port_id, bare_metal_id', '67, 1234')).toEqual(found)
  })

  it.each(['open', 'close'])('refuses a command to %s that has no port, or that of another server', async action => {
    const table = `switch_port_${action}_requests`
    const noPort = `23514 ${table}_has_a_port`
    const unknown = `23503 ${table}_switch_port_id_fkey`
    expect(await refused(`insert into ${table} default values`)).toBe(noPort)
    expect(await refused(`insert into ${table} (bare_metal_id) values (1235)`)).toBe(noPort)
    expect(await refused(`insert into ${table} (bare_metal_id) values (7)`)).toBe(noPort)
    expect(await refused(`insert into ${table} (switch_port_id, bare_metal_id) values (67, 1235)`)).toBe(unknown)
    expect(await refused(`insert into ${table} (switch_port_id, bare_metal_id) values (9999, 1234)`)).toBe(unknown)
    expect(await refused(`insert into ${table} (switch_port_id) values (9999)`)).toBe(unknown)
  })

  it('refuses a report that ends before it begins', async () => {
    const report = `insert into traffic_reports (bare_metal_id, measured_from, measured_until) values (1234, '2014-09-30', '2014-09-29')`
    expect(await refused(report)).toBe('23514 traffic_reports_end_after_they_begin')
  })

  it('has more traffic by day than by night', async () => {
    const at = async (hour: number) => {
      const ofHour = `extract(hour from measured_at at time zone 'UTC') = ${hour}`
      const [found] = await rowsOf(`select sum(bytes_out)::float8 as sum from traffic where ${ofHour}`)
      return (found as { sum: number }).sum
    }
    expect(await at(12)).toBeGreaterThan((await at(0)) * 5)
  })
})

it('has the same rows on every server', async () => {
  const results = []
  for (const server of servers()) {
    const client = await openEmpty(server)
    await client.query(`set timezone = 'Asia/Kolkata'; set search_path = pg_catalog`)
    await seedBareMetal(client, { size: 'tiny' })
    await client.query('reset all')
    const sums = []
    for (const table of ['clients', 'accounts', 'bare_metals', 'switch_ports', 'traffic']) {
      const { rows } = await client.query(
        `select md5(string_agg(md5(t::text), '' order by ctid)) as sum from ${table} t`,
      )
      sums.push([table, rows[0].sum])
    }
    results.push(sums)
  }
  for (const result of results) expect(result).toEqual(results[0])
})

it.each(servers())('is filled once where two begin at the same time: $name', async server => {
  const first = await openEmpty(server)
  const second = new pg.Client(opened.at(-1)?.database.config)
  await second.connect()
  try {
    const both = [first, second]
    const seeded = () => Promise.all(both.map(client => isSeeded(client, 'tiny')))
    expect(await seeded()).toEqual([false, false])
    await Promise.all(both.map(client => seedBareMetal(client, { size: 'tiny' })))
    expect(await seeded()).toEqual([true, true])
  } finally {
    await second.end()
  }
})

async function openEmpty(server: Parameters<typeof emptyDatabase>[0]): Promise<pg.Client> {
  const database = await emptyDatabase(server)
  const client = new pg.Client(database.config)
  await client.connect()
  opened.push({ client, database })
  return client
}
