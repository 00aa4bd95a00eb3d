-- Tags and which video carries them: up to three each, and "tennis" where the description begins with it.

insert into tags (id, name, created_at)
select n, coalesce((array['foo', 'bar', 'tennis', 'segling', 'bohuslän', 'sommar', 'vlog', 'music', 'travel', 'food', 'fika', 'winter', 'drone',
  'how-to', 'family', 'live', 'sport', 'nature', 'göteborg', 'c++', 'r&b', '4k', 'funny', '🎬'])[n], 'topic-' || n), pg_temp.at(n * 60)
from generate_series(1, :tags) n;

insert into video_tags (video_id, tag_id)
select id, 1 + (pg_temp.skewed(id, 81, :tags) + k * 7) % :tags
from outline_videos cross join generate_series(0, 2) k
where k < pg_temp.roll(id, 83, 4)
union select id, 3 from videos where description like 'tennis%'
union select id, 1 from known_videos where user_id = 17
union select id, 2 from known_videos where user_id = 17 and id % 2 = 0
union select 3031, 5
order by 1, 2;
