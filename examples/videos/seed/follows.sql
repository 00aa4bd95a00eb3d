-- Who follows whom; users with low ids, who came first, are followed the most.

insert into follows (follower_id, followee_id, created_at)
with picked as (
  select i, 1 + (pg_temp.skewed(i, 31, :users)::bigint * pg_temp.roll(i, 33, 1000) / 1000)::int as followee_id
  from generate_series(1, :follows) i
), counted as (
  select i, followee_id, row_number() over (partition by followee_id order by i) as nth from picked
), paired as (
  -- Steps of a prime that doesn't divide the number of users meet everybody once before they come back to where they began.
  select i, followee_id, 1 + ((followee_id - 1 + nth * 7919) % :users)::int as follower_id from counted where nth < :users
)
select follower_id, followee_id,
  pg_temp.at(pg_temp.later(greatest(pg_temp.joined(follower_id), pg_temp.joined(followee_id)), i, 34))
from paired order by follower_id, followee_id;
