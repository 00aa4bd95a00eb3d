-- The videos themselves: title and description are put together from topics and places.

create temp table topics (n int, title text, description text, hashtag text) on commit drop;
insert into topics values
  (0, 'Tennis', 'tennis until the sun went down', 'tennis'), (1, 'Segling', 'Sju sekundmeter och full fart', 'segling'),
  (2, 'Kayaking', 'Paddled between the islands before breakfast', 'kayak'), (3, 'Fika', 'Kaffe, bullar och en lång pratstund', 'fika'),
  (4, 'Climbing', 'Granite, good friction and tired fingers', 'climbing'), (5, 'Sunset', 'Nothing happens, beautifully', 'sunset'),
  (6, 'Time-lapse', 'Eight hours in thirty seconds ⏱️', 'timelapse'), (7, 'Midsommar', 'Små grodorna, i regn som alltid', 'midsommar'),
  (8, 'Drone flight', 'First flight with the new propellers', 'drone'), (9, 'Street food', 'Everything we ate in one day 🍜', 'food'),
  (10, 'Skateboarding', 'Forty tries for one trick', 'skate'), (11, 'Badhoppning', 'Från femman, med ögonen stängda', 'bad'),
  (12, 'Road trip', 'Two friends, one old Volvo', 'roadtrip'), (13, 'Concert', 'Shaky, loud and worth it', 'live'),
  (14, 'Skidåkning', 'Nysnö och blå himmel ❄️', 'ski'), (15, 'The dog', 'She found a stick. That is the film', 'dog'),
  (16, 'Fishing', 'We caught a "huge" one', 'fishing'), (17, 'Cykling', 'Nitton mil i motvind', 'cykling'),
  (18, 'Making bread', 'Flour, water, salt and a lot of waiting', 'bread'), (19, 'Surfing', 'Small waves, big smiles', 'surf'),
  (20, 'Bröllop', 'Anna & Jörgen sade ja', 'wedding'), (21, 'Interview', 'What would you do "with one more hour a day"?', 'talk'),
  (22, 'Tennis final', 'tennis is a game of patience', 'tennis'), (23, 'Winter swimming', 'Two degrees. Never again. Until tomorrow', 'swim');

insert into videos (id, title, description, state, file, thumbnail, views_count, likes_count, comments_count, user_id,
  music_track_id, published_at, created_at, updated_at)
select o.id,
  coalesce(k.title, topic.title || ' ' ||
    (array['in Göteborg', 'på Smögen', 'in Lisbon', 'i Malmö', 'by the lake', 'i Åre', 'with friends', 'på Öland', 'in Kyoto', 'at home',
      'i Skåne', 'in the rain', 'at the "Old Harbour"', 'hos Åsa', 'in Marseille', 'på taket', 'in New York', 'i Umeå', 'before dawn', 'på Tjörn'])[1 + pg_temp.roll(o.id, 21, 20)] ||
    case pg_temp.roll(o.id, 22, 8) when 0 then ', part ' || 2 + pg_temp.roll(o.id, 23, 5) when 1 then ' ' || 2012 + o.created / 31557600
      when 2 then ' 🎬' when 3 then '!' else '' end),
  case when k.id is not null then k.description
    when pg_temp.roll(o.id, 24, 100) < 5 then null
    when pg_temp.roll(o.id, 24, 100) < 8 then ' #' || topic.hashtag
    else topic.description || '. ' ||
      (array['Filmed with a phone and a lot of luck.', 'Musiken är min egen.', 'Thanks to everybody who came along!', 'Klippt på tåget hem.',
        E'Part of a series.\nMore to come.', 'Shot in 4K, watched on a phone.', 'Hör av dig om du vill vara med nästa gång.',
        'It''s better with sound.', 'Raw files in C:\raw\2015.', 'Kommentera gärna vad du tycker 💬'])[1 + pg_temp.roll(o.id, 25, 10)] ||
      case when pg_temp.roll(o.id, 26, 3) = 0 then ' We had planned it for weeks, and of course the weather did what it wanted; what you see is the hour in between.' else '' end ||
      ' #' || topic.hashtag end,
  o.state, 'videos/' || o.id || '.mp4',
  case when o.state <> 'draft' or pg_temp.roll(o.id, 27, 2) = 0 then 'thumbnails/' || o.id || '.jpg' end,
  o.views, coalesce(l.n, 0), coalesce(c.n, 0), o.user_id,
  case when pg_temp.roll(o.id, 28, 10) < 6 then 1 + pg_temp.skewed(o.id, 29, :music_tracks) end,
  pg_temp.at(o.published), pg_temp.at(o.created),
  pg_temp.at(case when pg_temp.roll(o.id, 85, 4) = 0 then pg_temp.later(coalesce(o.published, o.created), o.id, 86)
    else coalesce(o.published, o.created) end)
from outline_videos o
join topics topic on topic.n = pg_temp.roll(o.id, 20, 24)
left join known_videos k on k.id = o.id
left join (select video_id, count(*) as n from likes group by video_id) l on l.video_id = o.id
left join (select video_id, count(*) as n from comments where video_id is not null group by video_id) c on c.video_id = o.id
order by o.id;
