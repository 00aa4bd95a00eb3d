-- Users, last of all because they count what the others hold; the first twenty are known by name.

insert into users (id, username, name, email, mobile, description, avatar, background, url, role, gender, date_of_birth, country_code,
  private, suspended_at, terms_accepted, followers_count, followings_count, videos_count, notification_count, preferences,
  reference_id, created_at, updated_at)
with known (id, username, name, gender, country_code, description) as (
  values (1, 'admin', 'Ada Admin', 'female', 'SE', 'Keeps the house.'), (2, 'bjorn', 'Björn Åkesson', 'male', 'SE', 'Tennis, mest.'),
    (3, 'cecilia', 'Cecilia Öberg', 'female', 'SE', 'Badar året runt 🌊'), (4, 'david', 'David O''Neill', 'male', 'IE', null),
    (5, 'elin', 'Elin Ström', 'female', 'SE', ''), (6, 'farid', 'Farid "Fred" Amini', 'male', 'NL', 'Drones & bikes'),
    (7, 'greta', 'Greta Lund', 'female', 'DK', 'Vegan baking'), (8, 'hiroshi', 'Hiroshi 田中', 'male', 'JP', '写真と旅'),
    (9, 'ines', 'Inês Carvalho', 'female', 'PT', 'Surf.'), (10, 'jens', 'Jens Sørensen', 'male', 'NO', null),
    (11, 'karin', 'Karin Dahl', 'female', 'SE', E'Klättrar.\nFikar.'), (12, 'leon', 'Leon M', 'male', 'SE', 'Snart fem år!'),
    (13, 'maria', 'Maria García', 'female', 'ES', 'Música en directo'), (14, 'noor', 'Noor de Vries', 'other', 'NL', 'back\slash'),
    (15, 'olga', 'Olga Петрова', 'female', 'LV', null), (16, 'per', 'Per Spam', 'male', 'SE', 'Buy now! 50% off!'),
    (17, 'ingrid', 'Ingrid Holm', 'female', 'SE', 'Coach and filmmaker. "One more set!" 🎾'),
    (18, 'robert', 'Robert M', 'male', 'SE', 'Pappa, seglare, Göteborg.'),
    (19, 'sofia', 'Sofia Privat', 'female', 'FI', 'Only for friends'), (20, 'linnea', 'Linnea Ek', 'female', 'SE', 'Bakar och filmar.')
), numbered as (
  select n as id, pg_temp.joined(n) as joined,
    (array['Astrid', 'Björn', 'Carla', 'Dag', 'Elsa', 'Fatima', 'Göran', 'Hana', 'Ivan', 'Jörgen', 'Kim', 'Lova', 'Märta', 'Nils', 'Olivia',
      'Pål', 'Ronja', 'Sven', 'Tove', 'Vera'])[1 + pg_temp.roll(n, 101, 20)] as first_name,
    (array['Berg', 'Öst', 'Lindström', 'Novak', 'Silva', 'Ek', 'Nygård', 'Martin', 'Holm', 'Sjö', 'Kowalski', 'Ahmed', 'Falk', 'Rossi',
      'Dahl', 'Björk', 'Tanaka', 'Svensson', 'Meyer', 'Vik'])[1 + pg_temp.roll(n, 102, 20)] as last_name,
    n > 20 and pg_temp.roll(n, 103, 100) < 12 or n = 19 as private,
    n > 20 and pg_temp.roll(n, 104, 100) < 4 or n = 16 as suspended
  from generate_series(1, :users) n
), named as (
  -- Lower case by the rules of "C", so that the locale of the database makes no difference.
  select n.*, k.id is not null as known, k.gender, k.country_code, k.description, coalesce(k.name, first_name || ' ' || last_name) as name,
    coalesce(k.username, lower(translate(first_name || '.' || last_name, 'åäöÅÄÖ', 'aaoAAO') collate "C") || '.' || n.id) as username
  from numbered n left join known k using (id)
)
select n.id, n.username, n.name, n.username || '@example.org',
  -- From the numbers that Sweden keeps for fiction.
  case when n.known or pg_temp.roll(n.id, 105, 10) < 7 then '+46701740' || 605 + pg_temp.roll(n.id, 106, 95) end,
  case when n.known then n.description else
    (array['Films what I see.', 'Pappa till två, hund till en.', 'Tennis & coffee', 'På väg någonstans 🚲', null, 'Editor by day, editor by night.',
      E'Lund / Malmö\nKontakt: se länken', ''])[1 + pg_temp.roll(n.id, 107, 8)] end,
  case when n.known or pg_temp.roll(n.id, 108, 10) < 8 then 'avatars/' || n.id || '.jpg' end,
  case when n.known or pg_temp.roll(n.id, 109, 10) < 5 then 'backgrounds/' || n.id || '.jpg' end,
  case when n.known or pg_temp.roll(n.id, 110, 10) < 4 then 'https://' || n.username || '.example.org/' end,
  case n.id when 1 then 'admin' else 'regular' end::user_role,
  case when n.known then n.gender else (array['female', 'male', 'female', 'male', 'other', null])[1 + pg_temp.roll(n.id, 111, 6)] end,
  case when n.known or pg_temp.roll(n.id, 112, 10) < 8 then date '1950-01-01' + pg_temp.roll(n.id, 113, 18000) end,
  case when n.known then n.country_code
    else (array['SE', 'SE', 'SE', 'NO', 'DK', 'FI', 'DE', 'NL', 'US', null])[1 + pg_temp.roll(n.id, 114, 10)] end,
  n.private, case when n.suspended then pg_temp.at(pg_temp.later(n.joined, n.id, 115)) end,
  n.known or pg_temp.roll(n.id, 117, 20) > 0,
  coalesce(followers.n, 0), coalesce(followings.n, 0), coalesce(v.n, 0), pg_temp.roll(n.id, 118, 40),
  jsonb_build_object('language', (array['sv', 'en', 'de'])[1 + pg_temp.roll(n.id, 119, 3)], 'autoplay', pg_temp.roll(n.id, 120, 2) = 0,
    'notifications', jsonb_build_object('email', pg_temp.roll(n.id, 121, 3) = 0, 'push', pg_temp.roll(n.id, 122, 3) > 0)),
  overlay(overlay(md5('user ' || n.id) placing '4' from 13) placing '8' from 17)::uuid,
  pg_temp.at(n.joined), pg_temp.at(pg_temp.later(n.joined, n.id, 123))
from named n
left join (select followee_id, count(*) as n from follows group by followee_id) followers on followers.followee_id = n.id
left join (select follower_id, count(*) as n from follows group by follower_id) followings on followings.follower_id = n.id
left join (select user_id, count(*) as n from outline_videos where state = 'published' group by user_id) v on v.user_id = n.id
order by n.id;
