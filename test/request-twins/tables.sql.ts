// The tables of commands and reports that twins have, with records that commands are about and read.

/** Made in an empty database; `colonnade migrate` adds the rest to `opens` and `files`. */
export const tablesSql = `
create sequence open_ids start 1001;
create sequence file_ids start 1001;
create table folks (id int4 primary key, name text, rank int4, active bool);
create table gates (id int4 primary key, owner_id int4 references folks deferrable, label text, secret int4, open bool);
create table opens (
  id int4 primary key default nextval('open_ids'), gate_id int4 references gates deferrable, owner_id int4 references folks deferrable,
  note text, level int4, hidden bool
);
create table files (
  id int4 primary key default nextval('file_ids'), gate_id int4 references gates deferrable, owner_id int4 references folks deferrable,
  month int4, kind text, label text unique, hidden bool
);
create table tells (open_id int4, told text);
`

/** In an order in which rows can be loaded. */
export const tableNames: readonly string[] = ['folks', 'gates', 'opens', 'files']
export const requestTables: readonly string[] = ['opens', 'files']

/** Every write finds the sequences as they were at first. */
export const restartSql = `select setval('open_ids', 1001, false), setval('file_ids', 1001, false)`

/** What is made in both at the same time has the same times in both. */
export const sameTimesSql = requestTables
  .flatMap(table =>
    ['created_at', 'updated_at', 'run_at'].map(
      column => `alter table ${table} alter column ${column} set default '2015-05-05 05:05:05+00'`,
    ),
  )
  .join(';')

/** Columns that no resource has, and what they may hold beside null, of a row with some id. */
export const internalValues: Readonly<
  Record<string, { readonly type: 'text' | 'timestamptz'; of(id: string): readonly string[] }>
> = {
  lease_owner: { type: 'text', of: () => ['worker 1', 'worker 2'] },
  lease_until: { type: 'timestamptz', of: () => ['2099-01-01 00:00:00+00'] },
  cancel_requested_at: { type: 'timestamptz', of: () => ['2010-06-15 12:30:00+00'] },
  internal_error: { type: 'text', of: () => ['the disk', 'the switch'] },
  request_key: { type: 'text', of: id => [`a ${id}`, `b ${id}`] },
  schedule: { type: 'text', of: id => [`daily ${id}`, `hourly ${id}`] },
  schedule_at: { type: 'timestamptz', of: () => ['2010-06-15 12:30:00+00'] },
}
