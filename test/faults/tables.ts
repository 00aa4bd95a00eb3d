// The tables of the fault tests: every value follows from its key, so that a row in the wrong place shows.

export const owners = 40
export const pets = 400

/** `naps/N` takes N hundredths of a second; `loads` add up to more than a float8 holds, and `ratios/0` divides by zero. */
export const tablesSql = `
create table owners (id int primary key, name text not null);
insert into owners select i, 'owner ' || i from generate_series(1, ${owners}) i;
create table pets (
  id int primary key, name text not null, owner_id int not null references owners, weight int, story text not null);
insert into pets select i, 'pet ' || i || ' é🐕', (i - 1) % ${owners} + 1, case when i % 7 > 0 then i * 10 end,
  repeat('story of ' || i || ' ß🐾 ', case when i % 10 = 0 then 1500 else i % 5 end) from generate_series(1, ${pets}) i;
create index on pets (owner_id);
create table toys (id int primary key, pet_id int not null references pets, name text not null);
insert into toys select i, (i - 1) / 3 + 1, 'toy ' || i from generate_series(1, ${pets * 3}) i;
create index on toys (pet_id);
create table loads (id int primary key, amount float8);
insert into loads select i, 1e308 from generate_series(1, 4) i;
create table waits (id int primary key);
insert into waits select generate_series(0, 3000);
create view naps as select id, 'slept ' || id || pg_sleep(id / 100.0)::text as dream from waits;
create view ratios as select id, 100 / id as ratio from waits;
analyze;`

export const petName = (id: number) => `pet ${id} é🐕`
export const ownerOf = (pet: number) => ((pet - 1) % owners) + 1
export const petsOf = (owner: number) => Array.from({ length: pets / owners }, (_, i) => owner + i * owners)
export const weightOf = (pet: number) => (pet % 7 > 0 ? pet * 10 : null)
export const storyOf = (pet: number) => `story of ${pet} ß🐾 `.repeat(pet % 10 === 0 ? 1500 : pet % 5)
export const toysOf = (pet: number) => [1, 2, 3].map(i => ({ id: (pet - 1) * 3 + i, name: `toy ${(pet - 1) * 3 + i}` }))

export const nap = (hundredths: number) => `/naps?id=${hundredths}&fields=id,dream`
