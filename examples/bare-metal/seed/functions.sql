-- Chance for the seed: it follows from ids alone, so that every seeding gives the same rows.

-- A number from 0 to sides - 1; each salt is another die.
create function pg_temp.roll(id int, salt int, sides int) returns int immutable language sql
  return ((hashint4extended(id, salt) & 9223372036854775807) % sides)::int;
