// Written by `colonnade pull`; change the database, not this file. A relationship that you rename here keeps its name.
import { type Database, type Of, type Tables, tables } from 'colonnade'

const schema = {
  accounts: {
    key: 'id',
    columns: {
      id: 'int4 default',
      client_id: 'int4',
      name: 'text',
      email: 'text',
      active: 'bool default',
      activated_at: 'timestamptz null',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      client: { belongsTo: 'clients', by: 'client_id' },
    },
  },
  bare_metals: {
    key: 'id',
    columns: {
      id: 'int4 default',
      client_id: 'int4',
      name: 'text',
      location: 'text',
      processor: 'text',
      memory_gb: 'int4',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      client: { belongsTo: 'clients', by: 'client_id' },
      switch_port_close_requests: { hasMany: 'switch_port_close_requests', by: 'bare_metal_id' },
      switch_port_open_requests: { hasMany: 'switch_port_open_requests', by: 'bare_metal_id' },
      switch_ports: { hasMany: 'switch_ports', by: 'bare_metal_id' },
      traffic: { hasMany: 'traffic', by: 'bare_metal_id' },
      traffic_reports: { hasMany: 'traffic_reports', by: 'bare_metal_id' },
    },
  },
  clients: {
    key: 'id',
    columns: {
      id: 'int4 default',
      name: 'text',
      email: 'text',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      accounts: { hasMany: 'accounts', by: 'client_id' },
      bare_metals: { hasMany: 'bare_metals', by: 'client_id' },
    },
  },
  switch_port_close_requests: {
    key: 'id',
    columns: {
      id: 'uuid default',
      switch_port_id: 'int4 null',
      bare_metal_id: 'int4 null',
      status: 'text default',
      attempts: 'int4 default',
      last_error: 'jsonb null',
      error: 'jsonb null',
      progress: 'jsonb null',
      run_at: 'timestamptz default',
      priority: 'int4 default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
      started_at: 'timestamptz null',
      finished_at: 'timestamptz null',
    },
    relationships: {
      switch_port: { belongsTo: 'switch_ports', by: 'switch_port_id' },
      bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' },
    },
  },
  switch_port_open_requests: {
    key: 'id',
    columns: {
      id: 'uuid default',
      switch_port_id: 'int4 null',
      bare_metal_id: 'int4 null',
      status: 'text default',
      attempts: 'int4 default',
      last_error: 'jsonb null',
      error: 'jsonb null',
      progress: 'jsonb null',
      run_at: 'timestamptz default',
      priority: 'int4 default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
      started_at: 'timestamptz null',
      finished_at: 'timestamptz null',
    },
    relationships: {
      switch_port: { belongsTo: 'switch_ports', by: 'switch_port_id' },
      bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' },
    },
  },
  switch_ports: {
    key: 'id',
    columns: {
      id: 'int4 default',
      bare_metal_id: 'int4',
      switch_node: 'text',
      number: 'int4',
      status: { enum: ['opened', 'closed'], default: true },
      switch_revision: 'int8 default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' },
      switch_port_close_requests: { hasMany: 'switch_port_close_requests', by: 'switch_port_id' },
      switch_port_open_requests: { hasMany: 'switch_port_open_requests', by: 'switch_port_id' },
    },
  },
  traffic: {
    key: ['bare_metal_id', 'measured_at'],
    columns: {
      bare_metal_id: 'int4',
      measured_at: 'timestamptz',
      bytes_in: 'int8',
      bytes_out: 'int8',
    },
    relationships: {
      bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' },
    },
  },
  traffic_reports: {
    key: 'id',
    columns: {
      id: 'uuid default',
      bare_metal_id: 'int4',
      measured_from: 'timestamptz',
      measured_until: 'timestamptz',
      format: 'text default',
      status: 'text default',
      attempts: 'int4 default',
      last_error: 'jsonb null',
      error: 'jsonb null',
      progress: 'jsonb null',
      run_at: 'timestamptz default',
      priority: 'int4 default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
      started_at: 'timestamptz null',
      finished_at: 'timestamptz null',
      content_type: 'text null',
      content_size: 'int8 null',
      content_sha256: 'text null',
      expires_at: 'timestamptz null',
      listed_until: 'timestamptz null',
    },
    relationships: {
      bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' },
    },
  },
} as const

// Named, so that hovers say `Schema` and declarations stay small.
export interface Schema extends Of<typeof schema> {}
export interface DB extends Database<Schema> {}
export const db: Tables<Schema> = tables<Schema>(schema)
