// The API of the bare-metal example: clients, their servers, the ports of these, commands to open and close them, reports of traffic.
import { defineApi, defineVersion, now, principal, report, requests, resource, type TypeOf } from 'colonnade'
import { closePort } from './close-port.ts'
import { openPort } from './open-port.ts'
import { db } from './schema.ts'
import { type SwitchAddress, switchAddress } from './switch-client.ts'
import { reportTraffic } from './traffic-report.ts'

const clients = resource(db.clients, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    client: { extends: 'admin', when: { id: principal('id') }, write: { only: ['email'] } },
  },
})

const accounts = resource(db.accounts, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    client: {
      extends: 'admin',
      when: { client: principal('id') },
      write: { create: { only: ['name', 'email'] }, update: { only: ['name', 'email'] } },
      set: { client: principal('id') },
      delete: true,
    },
  },
  actions: {
    activate: { set: { active: true, activated_at: now }, roles: ['admin', 'client'] },
    deactivate: { set: { active: false }, roles: ['admin', 'client'] },
  },
})

const bare_metals = resource(db.bare_metals, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    client: { extends: 'admin', when: { client: principal('id') }, write: { only: ['name'] } },
  },
})

// What the switch says is not for anybody to write.
const switch_ports = resource(db.switch_ports, {
  roles: {
    admin: { read: 'all', write: { create: { only: ['bare_metal', 'switch_node', 'number'] } }, delete: true },
    client: {
      extends: 'admin',
      when: { bare_metal: { client: principal('id') } },
      read: { without: ['switch_revision'] },
    },
  },
})

const traffic = resource(db.traffic, {
  roles: { admin: { read: 'all' }, client: { extends: 'admin', when: { bare_metal: { client: principal('id') } } } },
  defaultSort: '-measured_at',
})

/** Who may give a command may see and cancel it. */
const commandRoles = {
  admin: {
    read: 'all',
    write: { create: { only: ['switch_port', 'bare_metal', 'run_at', 'priority'] } },
    delete: true,
  },
  client: {
    extends: 'admin',
    when: { bare_metal: { client: principal('id') } },
    read: { without: ['priority'] },
    write: { create: { only: ['switch_port', 'bare_metal', 'run_at'] } },
    delete: true,
  },
} as const

const askable = ['bare_metal', 'measured_from', 'measured_until', 'format'] as const

/** Whoever asked for a report fetches it; those that others have asked for, an admin alone. */
const reportRoles = {
  admin: {
    read: 'all',
    write: { create: { only: [...askable, 'run_at', 'priority'] } },
    delete: true,
    content: true,
  },
  client: {
    extends: 'admin',
    when: { bare_metal: { client: principal('id') } },
    read: { without: ['priority'] },
    write: { create: { only: askable } },
    delete: true,
  },
} as const

/** What is not over would be another report the next time. */
const checkIsOver = ({ measured_until }: { readonly measured_until?: string }) =>
  Date.parse(measured_until ?? '') <= Date.now() ? null : 'A report is of what is over. Ask for less, or later.'

/** In the first version a state is a number. */
const statusCodes = { pending: 1, running: 2, failed: 3, succeeded: 4, cancelled: 5 }

function makeCommands(address: SwitchAddress, version: { readonly statusCodes?: typeof statusCodes } = {}) {
  const words = {
    ...version,
    roles: commandRoles,
    defaultSort: '-created_at',
    key: ['switch_port'],
    timeout: '30s',
  } as const
  return {
    switch_port_open_requests: requests(db.switch_port_open_requests, {
      ...words,
      perform: context => openPort(context, address),
    }),
    switch_port_close_requests: requests(db.switch_port_close_requests, {
      ...words,
      perform: context => closePort(context, address),
    }),
    traffic_reports: report(db.traffic_reports, {
      ...version,
      roles: reportRoles,
      rules: { is_over: { fields: ['measured_until'], check: checkIsOver } },
      defaultSort: '-created_at',
      format: { column: 'format' },
      params: ['bare_metal_id', 'measured_from', 'measured_until', 'format'],
      reuse: true,
      generate: reportTraffic,
    }),
  }
}

/** @param address where the switch listens */
export function makeApi(address: SwitchAddress) {
  const records = { clients, accounts, bare_metals, switch_ports, traffic }
  return defineApi(
    { ...records, ...makeCommands(address) },
    {
      version: '2',
      versions: { 1: defineVersion({ ...records, ...makeCommands(address, { statusCodes }) }, { naming: 'camel' }) },
      roles: { admin: { role: 'admin' }, client: 'authenticated' },
    },
  )
}

const api = makeApi(switchAddress(process.env.SWITCH))
export interface Api extends TypeOf<typeof api> {}
export default api
