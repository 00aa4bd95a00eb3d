-- Comments, which come in threads of four about one video, post or group; the fourth always answers the third.

create temp table threads on commit drop as
with picked as (
  select t, pg_temp.roll(t, 51, 100) as kind, pg_temp.skewed(t, 52, total.videos) as place,
    1 + pg_temp.skewed(t, 54, :posts) as post_id, 1 + pg_temp.skewed(t, 56, :groups) as group_id
  from generate_series(0, :comments / 4 - 1) t, (select count(*)::int as videos from popular) total
), known (t, video_id, post_id) as (
  values (0, null::int, 3), (1, 3031, null), (2, 3031, null), (3, 3031, null), (4, 1, null), (5, 2, null), (6, 101, null), (7, null, 1)
), generated as (
  select p.t, v.id as video_id, case when p.kind between 84 and 96 then p.post_id end as post_id,
    case when p.kind >= 97 then p.group_id end as group_id
  from picked p left join popular v on v.place = p.place and p.kind < 84
  where p.t not in (select t from known)
  union all select t, video_id, post_id, null from known
)
select g.t, g.video_id, g.post_id, coalesce(g.group_id, p.group_id) as group_id,
  pg_temp.later(coalesce(v.published, p.created, g.group_id * 86400), g.t, 58) as begun
from generated g left join outline_videos v on v.id = g.video_id left join outline_posts p on p.id = g.post_id;

insert into comments (id, text, user_id, video_id, post_id, comment_id, group_id, created_at, updated_at)
with known (id, text) as (
  values (5, 'Vilken dag! Leon är född till sjöss ⛵'), (6, 'Härligt, Leon! 🌊😎'), (7, 'Is that a "folkbåt"?'),
    (8, E'No, it''s grandma''s.\nBuilt in 1958!'), (9, 'C:\havet\leon.mp4 🤓'), (10, 'Så fint \o/'), (11, 'Var är det här?'),
    (12, 'Utanför Käringön, tror jag'), (13, 'Flytväst på! 👍'), (14, '<3'), (15, '100% sommar'), (16, E'…\t och tack för filmen')
), numbered as (
  select t * 4 + 1 + k as id, t, k, least(:span, begun + k * (600 + pg_temp.roll(t, 60, 20000))) as created,
    video_id, post_id, group_id
  from threads cross join generate_series(0, 3) k
)
select n.id,
  coalesce(known.text,
    (array['So good', 'Älskar det här', 'Wow', 'Not sure about this one', 'Där har jag varit', 'First', 'The light at 0:42',
      'Vilken stämning', 'This made my day', 'Haha, that face', 'Mer sånt här', 'Who is the one in the back',
      'I could watch this for hours', 'Snyggt klippt', 'The ending', 'Bäst i sommar'])[1 + pg_temp.roll(n.id, 61, 16)] ||
    (array['!', ' 😂', '…', ' ❤️❤️', '. What camera is this?', ', tack för att du delar.', ' – "again!", says my daughter.',
      '. Greetings from Göteborg', E'!\nCan''t wait for the next one.', ' 🎾', '. Och musiken!', ' :\'])[1 + pg_temp.roll(n.id, 62, 12)]),
  pg_temp.somebody(n.created, n.id, 63), n.video_id, n.post_id,
  case when n.k = 3 or (n.k = 1 and pg_temp.roll(n.id, 64, 10) < 3) then n.id - 1 end, n.group_id,
  pg_temp.at(n.created), pg_temp.at(n.created + case when pg_temp.roll(n.id, 65, 20) = 0 then pg_temp.roll(n.id, 66, 7200) else 0 end)
from numbered n left join known on known.id = n.id
order by n.id;

analyze comments;
