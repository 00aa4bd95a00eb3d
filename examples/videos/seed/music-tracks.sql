-- Music to set videos to.

insert into music_tracks (id, title, artist, duration, released_on, created_at, updated_at)
select n,
  (array['Midnight', 'Golden', 'Salt', 'Northern', 'Paper', 'Slow', 'Électrique', 'Granit'])[1 + pg_temp.roll(n, 91, 8)] || ' ' ||
  (array['Waves', 'Lights', 'Drive', 'Hjärta', 'Summer', 'Sky', 'Rain', 'Dans'])[1 + pg_temp.roll(n, 92, 8)] ||
  case when n > 64 then ' (take ' || n / 64 || ')' else '' end,
  (array['Måns & The Gulls', 'Ida Öst', 'Granite Choir', 'DJ Bränning', 'The "Quotes"', 'Sjö', 'Olive Marsh', 'Kvintett 5/4'])[1 + pg_temp.roll(n, 93, 8)],
  90 + pg_temp.roll(n, 94, 300),
  case when pg_temp.roll(n, 95, 10) > 0 then date '1975-01-01' + pg_temp.roll(n, 96, 13500) end,
  pg_temp.at(n * 60), pg_temp.at(n * 60)
from generate_series(1, :music_tracks) n;
