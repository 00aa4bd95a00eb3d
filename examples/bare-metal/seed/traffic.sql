-- Samples every five minutes from 2014-09-29 on: busy by day, quiet by night.

insert into traffic (bare_metal_id, measured_at, bytes_in, bytes_out)
select 1200 + n, timestamptz '2014-09-29 00:00Z' + sample * interval '5 minutes',
  (1 + n % 7) * (1000 + (144 - abs(sample % 288 - 144)) * 90::bigint) * (900 + pg_temp.roll(sample, n, 200)),
  (1 + n % 5) * (2000 + (144 - abs(sample % 288 - 144)) * 400::bigint) * (900 + pg_temp.roll(sample, n + 1, 200))
from generate_series(1, :bare_metals) n, generate_series(0, :samples - 1) sample;
