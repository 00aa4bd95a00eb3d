-- Accounts of clients: the first client keeps 1,200 of them, the others 50 each; every third is active, and a few are closed.

insert into accounts (id, client_id, name, email, active, activated_at, closed_at, created_at, updated_at)
select n,
  case when n <= 1200 then 1 else 2 + (n - 1201) / 50 end,
  (array['Café', 'Hotel', 'Gym', 'Galleri', 'Båtklubb', 'School', 'Studio', 'Ångbageri'])[1 + n % 8] || ' ' ||
  (array['Norr', 'am Hafen', 'Vinga', '"Sju"', 'O''Hara', 'Väst', 'du Lac'])[1 + n % 7] || ' ' || n,
  'account' || n || '@example.org',
  n % 97 > 0 and n % 3 = 0,
  case when n % 97 > 0 and n % 3 = 0 then pg_temp.at(n * 3600 + 60) end,
  case when n % 97 = 0 then pg_temp.at(n * 3600 + 3600) end,
  pg_temp.at(n * 3600), pg_temp.at(n * 3600 + 3600)
from generate_series(1, :accounts) n;
