-- Chance and time for the seed: both follow from ids alone, so that every seeding gives the same rows.
-- Time is counted in seconds from 2012-01-01 (Unix time 1325376000) up to :span, which is 2016-12-30, all in UTC.

-- A number from 0 to sides - 1; each salt is another die.
create function pg_temp.roll(id int, salt int, sides int) returns int immutable language sql
  return ((hashint4extended(id, salt) & 9223372036854775807) % sides)::int;

-- The same, but small numbers come far more often, as fame does.
create function pg_temp.skewed(id int, salt int, sides int) returns int immutable language sql
  return (pg_temp.roll(id, salt, sides)::bigint * pg_temp.roll(id, salt + 1, sides) / sides)::int;

create function pg_temp.at(seconds int) returns timestamptz immutable language sql
  return to_timestamp(1325376000 + seconds);

-- When a user came: the known ones in the first hours, the rest one after another until the summer of 2016.
create function pg_temp.joined(user_id int) returns int immutable language sql
  return case when user_id <= 20 then user_id * 3600 else (:span * 9::bigint / 10 * (user_id - 1) / :users)::int end;

-- Somebody who had joined by then.
create function pg_temp.somebody(seconds int, id int, salt int) returns int immutable language sql
  return 1 + ((:users - 1)::bigint * seconds / :span * pg_temp.roll(id, salt, 10000) / 10000)::int;

-- A moment between then and the end, rather soon after than late.
create function pg_temp.later(seconds int, id int, salt int) returns int immutable language sql
  return seconds + ((:span - seconds)::bigint * pg_temp.skewed(id, salt, 10000) / 10000)::int;
