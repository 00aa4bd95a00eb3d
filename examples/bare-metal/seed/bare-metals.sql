-- Servers 1201 and on: the first 20 are client 2's, the next 20 client 1's, then they go round among the others.
-- Each has one port, every fifth two; ports are opened and closed by turns, that of 1234 is closed.

insert into bare_metals (id, client_id, name, location, processor, memory_gb, created_at, updated_at)
select 1200 + n,
  case when n <= 20 then 2 when n <= 40 then 1 else 3 + n % (:clients - 2) end,
  (array['web', 'db', 'cache', 'build'])[1 + pg_temp.roll(n, 3, 4)] || '-' || n,
  (array['AMS-01', 'FRA-10', 'WDC-02', 'SIN-11'])[1 + n % 4] || ' rack ' || 1 + n / 40,
  (array['2 × Xeon E5-2620', '1 × Xeon E3-1230', '2 × Opteron 6320'])[1 + pg_temp.roll(n, 4, 3)],
  16 << pg_temp.roll(n, 5, 4),
  timestamptz '2014-03-01 00:00Z' + n * interval '10 minutes', timestamptz '2014-03-01 00:00Z' + n * interval '10 minutes'
from generate_series(1, :bare_metals) n;

insert into switch_ports (id, bare_metal_id, switch_node, number, status, created_at, updated_at)
select port, 1200 + n, 'sw' || 1 + (port - 1) / 48 || '.' || lower((array['AMS-01', 'FRA-10', 'WDC-02', 'SIN-11'])[1 + n % 4]),
  1 + (port - 1) % 48,
  (array['opened', 'closed'])[1 + (n + 1) % 2]::switch_port_status,
  timestamptz '2014-03-01 00:00Z' + n * interval '10 minutes', timestamptz '2014-03-01 00:00Z' + n * interval '10 minutes'
from generate_series(1, :bare_metals) n, generate_series(2 * n - 1, case when n % 5 = 0 then 2 * n else 2 * n - 1 end) port;
