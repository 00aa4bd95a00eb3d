-- Who likes which video; drafts are liked by nobody, much viewed ones by many.

insert into likes (user_id, video_id, created_at)
with picked as (
  select i, pg_temp.skewed(i, 41, total.videos) as place
  from generate_series(1, :likes) i, (select count(*)::int as videos from popular) total
), counted as (
  select i, place, row_number() over (partition by place order by i) as nth from picked
), paired as (
  -- Steps of a prime that doesn't divide the number of users meet everybody once before they come back to where they began.
  select i, p.id as video_id, p.published, 1 + ((c.place::bigint * 31 + c.nth * 7919) % :users)::int as user_id
  from counted c join popular p using (place) where c.nth <= :users
)
select user_id, video_id, pg_temp.at(pg_temp.later(greatest(published, pg_temp.joined(user_id)), i, 43))
from paired order by video_id, user_id;
