-- The bones of videos and posts, from which the rest follows: comments and likes come before the videos that count them.

create temp table known_videos (
  id int, user_id int, state video_state, views int, created timestamptz, title text, description text
) on commit drop;

insert into known_videos values
  (1, 1, 'published', 98760, '2012-01-02 12:00Z', 'Welcome to Videos', 'How to upload, tag and publish your first video. #welcome'),
  (2, 3, 'published', 20150, '2012-01-05 08:30Z', 'Morgondopp i Fjällbacka', 'Åtta grader i vattnet, brrr! 🥶 #bohuslän'),
  (3, 1, 'draft', 0, '2015-08-05 07:00Z', 'House rules, second edition', null),
  (4, 3, 'private', 12, '2014-06-06 18:00Z', 'Nationaldagen hos mormor', 'Only for the family'),
  (3031, 18, 'published', 31337, '2015-08-05 09:12:44Z', 'Leon på havet!', ' #bohuslän'),
  (301, 18, 'published', 1500, '2015-08-05 11:00Z', 'Say "cheese"', 'He said "cheese", she said ''ost'', they said \o/ and C:\temp\new'),
  (302, 18, 'published', 1501, '2015-08-05 12:00Z', E'One line,\nanother line', E'tabs\tand\r\nline ends, and a bell\x07'),
  (303, 18, 'published', 1502, '2015-08-06 12:00Z', '👩‍👩‍👧‍👦 på 🏝️', E'Familjen på ön. 🇸🇪 Precomposed \u00e9 and combined e\u0301'),
  (304, 18, 'published', 1503, '2015-08-07 12:00Z', '50% off, 100_percent', 'per%cent, under_score, back\slash: all of them literally'),
  (305, 18, 'published', 1504, '2015-08-08 12:00Z', '<b>Bold</b> & </script>', E'{"json": [1, null]} between \u2028 and \u2029'),
  (306, 18, 'published', 1505, '2015-08-09 12:00Z', 'שלום עולם', 'مرحبا بالعالم, 你好，世界, こんにちは'),
  (307, 18, 'published', 1506, '2015-08-10 12:00Z', 'null', ''),
  (308, 18, 'draft', 0, '2016-01-24 12:00Z', 'Leon på land', 'tennis, kanske?');

-- What `{created_at: {geq: 2016-01-24}, user_id: 17, views_count: {geq: 1000}, published: true, …}` finds, and near misses.
insert into known_videos
  select 100 + n, 17, case n when 11 then 'draft' when 12 then 'private' else 'published' end::video_state,
    case when n > 8 then 90 * n else 997 * n + 500 end,
    timestamptz '2016-01-22 10:00Z' + n * interval '20 hours', 'Tennis, match ' || n, 'tennis with Björn, match ' || n || ' 🎾 #tennis'
  from generate_series(1, 12) n;

-- User 20, regular, with videos of each state.
insert into known_videos
  select 200 + n, 20, case when n <= 3 then 'draft' when n = 4 then 'private' else 'published' end::video_state,
    case when n <= 3 then 0 else 321 * n end, timestamptz '2014-03-01 15:00Z' + n * interval '30 days',
    'Linnea bakar, avsnitt ' || n, 'Kardemummabullar, del ' || n || ' av 8. #fika'
  from generate_series(1, 8) n;

create temp table outline_videos on commit drop as
with numbered as (
  -- Video 3031 is there however few there are.
  select case when n = :videos and n < 3031 then 3031 else n end as id,
    ((n - 1)::bigint * (:span - 432000) / :videos)::int + pg_temp.roll(n, 1, 259200) as created
  from generate_series(1, :videos) n
), generated as (
  select n.id,
    coalesce(k.user_id, pg_temp.somebody(n.created, n.id, 2)) as user_id,
    coalesce(k.state, case when pg_temp.roll(n.id, 3, 100) < 12 then 'draft'
      when pg_temp.roll(n.id, 3, 100) < 20 then 'private' else 'published' end::video_state) as state,
    coalesce(k.views, pg_temp.roll(n.id, 4, 317) * pg_temp.roll(n.id, 5, 317)) as views,
    k.id is not null as known,
    coalesce(extract(epoch from k.created)::int - 1325376000, n.created) as created
  from numbered n left join known_videos k using (id)
)
select id, user_id, state, created,
  -- Known ones after an hour, the rest within a day and a half.
  case when state <> 'draft' then created + case when known then 3600 else pg_temp.roll(id, 6, 129600) end end as published,
  case when state <> 'draft' then views else 0 end as views
from generated;

-- What can be seen at all, the most viewed first: those get the most likes and comments.
create temp table popular on commit drop as
select (row_number() over (order by views desc, id) - 1)::int as place, id, published
from outline_videos where state <> 'draft';

create temp table outline_posts on commit drop as
with numbered as (
  select n as id, ((n - 1)::bigint * (:span - 432000) / :posts)::int + pg_temp.roll(n, 11, 259200) as created
  from generate_series(1, :posts) n
)
select id, created, pg_temp.somebody(created, id, 12) as user_id,
  case when id <= 5 then 1 when pg_temp.roll(id, 13, 10) < 7 then 1 + pg_temp.skewed(id, 14, :groups) end as group_id
from numbered;

analyze known_videos, outline_videos, popular, outline_posts;
