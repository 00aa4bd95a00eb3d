-- Clients and the people who act for them: 1 is the regular one of the documented requests, 2 the other.

insert into clients (id, name, email, created_at, updated_at)
select n,
  case n when 1 then 'Noordzee Hosting' when 2 then 'Alster Games' else
    (array['Café', 'Studio', 'Labs', 'Media', 'Cloud'])[1 + n % 5] || ' ' ||
    (array['Vinga', 'am Hafen', 'O''Hara', '"Zeven"', 'Øst', 'du Lac', 'Norr'])[1 + n % 7] || ' ' || n end,
  'client' || n || '@example.org',
  timestamptz '2014-01-01 00:00Z' + n * interval '1 hour', timestamptz '2014-01-01 00:00Z' + n * interval '1 hour'
from generate_series(1, :clients) n;

insert into accounts (id, client_id, name, email, active, activated_at, created_at, updated_at)
select n, 1 + n % :clients,
  (array['Ada', 'Bram', 'Céline', 'Dörte', 'Eir'])[1 + pg_temp.roll(n, 1, 5)] || ' ' ||
  (array['de Vries', 'Ångström', 'Müller', 'O''Neill', 'Petit', 'Holm'])[1 + pg_temp.roll(n, 2, 6)],
  'account' || n || '@example.org', n % 3 = 0,
  case when n % 3 = 0 then timestamptz '2014-02-02 00:00Z' + n * interval '1 minute' end,
  timestamptz '2014-02-01 00:00Z' + n * interval '1 minute', timestamptz '2014-02-02 00:00Z' + n * interval '1 minute'
from generate_series(1, :accounts) n;
