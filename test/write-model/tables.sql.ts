// The tables that random writes go to: links of every kind, a composite key, a generated column, unique values and a check.

/** Made in an empty database. */
export const tablesSql = `
create sequence book_ids start 1001;
create sequence folk_ids start 1001;
create table houses (id int4 primary key, name text, open bool, secret int4);
create table folks (
  id int4 primary key default nextval('folk_ids'), name text, house_id int4 references houses deferrable,
  boss_id int4 references folks deferrable, rank int4, active bool
);
create table books (
  id int4 primary key default nextval('book_ids'), owner_id int4 references folks deferrable, house_id int4 references houses deferrable,
  title text, body text, stars int4 check (stars < 100), shared bool, slug text unique, shout text generated always as (upper(title)) stored
);
create table marks (
  book_id int4 references books deferrable, folk_id int4 references folks deferrable, level int4, word text, primary key (book_id, folk_id)
);
create index on books (owner_id);
`

/** In an order in which rows can be loaded. */
export const tableNames: readonly string[] = ['houses', 'folks', 'books', 'marks']

/** Tables whose ids the database chooses where nobody else does, from 1001 on. */
export const numbered: ReadonlySet<string> = new Set(['folks', 'books'])

/** Every write finds the sequences as they were at first. */
export const restartSql = 'alter sequence book_ids restart with 1001; alter sequence folk_ids restart with 1001'

/** What the database refuses besides keys. */
export const uniqueColumns: Readonly<Record<string, readonly (readonly string[])[]>> = {
  houses: [['id']],
  folks: [['id']],
  books: [['id'], ['slug']],
  marks: [['book_id', 'folk_id']],
}

/** By what else than its key a record is found. */
export const naturalKeys: Readonly<Record<string, string>> = { books: 'slug' }
