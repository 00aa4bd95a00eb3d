-- The keys, indexes, references, sequences and triggers of the bare-metal example, made after its rows because that is faster.

alter table clients add primary key (id);
alter table accounts add primary key (id);
alter table bare_metals add primary key (id);
alter table switch_ports add primary key (id), add unique (switch_node, number);
alter table traffic add primary key (bare_metal_id, measured_at);
alter table switch_port_open_requests add primary key (id);
alter table switch_port_close_requests add primary key (id);
alter table traffic_reports add primary key (id);

create index on accounts (client_id);
create index on bare_metals (client_id);
create index on switch_ports (bare_metal_id);
create index on switch_port_open_requests (switch_port_id);
create index on switch_port_open_requests (bare_metal_id);
create index on switch_port_close_requests (switch_port_id);
create index on switch_port_close_requests (bare_metal_id);
create index on traffic_reports (bare_metal_id);

alter table accounts add foreign key (client_id) references clients on delete cascade;
alter table bare_metals add foreign key (client_id) references clients;
alter table switch_ports add foreign key (bare_metal_id) references bare_metals on delete cascade;
alter table traffic add foreign key (bare_metal_id) references bare_metals on delete cascade;
alter table switch_port_open_requests
  add foreign key (switch_port_id) references switch_ports on delete cascade,
  add foreign key (bare_metal_id) references bare_metals on delete cascade;
alter table switch_port_close_requests
  add foreign key (switch_port_id) references switch_ports on delete cascade,
  add foreign key (bare_metal_id) references bare_metals on delete cascade;
alter table traffic_reports add foreign key (bare_metal_id) references bare_metals on delete cascade;

-- The rows brought their own ids, so the next one comes after them.
select setval(pg_get_serial_sequence('clients', 'id'), max(id)) from clients;
select setval(pg_get_serial_sequence('accounts', 'id'), max(id)) from accounts;
select setval(pg_get_serial_sequence('bare_metals', 'id'), max(id)) from bare_metals;
select setval(pg_get_serial_sequence('switch_ports', 'id'), max(id)) from switch_ports;

-- Whoever writes, updated_at tells caches the truth; a writer that sets it is believed.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  if new.updated_at = old.updated_at then
    new.updated_at := now();
  end if;
  return new;
end $$;
create trigger touch before update on clients for each row execute function touch_updated_at();
create trigger touch before update on accounts for each row execute function touch_updated_at();
create trigger touch before update on bare_metals for each row execute function touch_updated_at();
create trigger touch before update on switch_ports for each row execute function touch_updated_at();

-- A command names its port, or a server that has one port. A port of another server is refused as one that is not there,
-- in the words of the foreign key, so that the answer is the same.
create function find_switch_port() returns trigger language plpgsql as $$
declare
  server_of_port int;
begin
  if new.switch_port_id is null then
    select min(id) into new.switch_port_id from public.switch_ports
      where bare_metal_id = new.bare_metal_id having count(*) = 1;
    return new;
  end if;
  select bare_metal_id into server_of_port from public.switch_ports where id = new.switch_port_id;
  if not found or server_of_port <> new.bare_metal_id then
    raise foreign_key_violation using message = 'The server has no such port.', schema = tg_table_schema,
      table = tg_table_name, constraint = tg_table_name || '_switch_port_id_fkey';
  end if;
  new.bare_metal_id := server_of_port;
  return new;
end $$;
create trigger find_switch_port before insert or update of switch_port_id, bare_metal_id
  on switch_port_open_requests for each row execute function find_switch_port();
create trigger find_switch_port before insert or update of switch_port_id, bare_metal_id
  on switch_port_close_requests for each row execute function find_switch_port();
