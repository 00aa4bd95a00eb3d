// The tables that the non-interference test is about: every kind of link, and types whose naive casts raise.

/** Made in an empty database. Foreign keys are checked at commit, so that cycles can be loaded in any order. */
export const tablesSql = `
create type mood as enum ('calm', 'glad', 'sad');
create table teams (
  id int4 primary key, name text not null, slug text unique, secret int8, lead_id int4, budget numeric,
  opened timestamptz, open bool not null
);
create table people (
  id int4 primary key, handle text not null unique, team_id int4, boss_id int4, rank int4, pay numeric, ratio float8,
  joined timestamptz, active bool, mood mood, data jsonb, labels text[], token uuid, note text
);
create table notes (
  id int8 primary key, owner_id int4, reply_to_id int8, team_id int4, title text, body text, stars int4, cost numeric,
  heat float8, shared bool, at timestamptz, extra jsonb, words text[], mood mood
);
create table memberships (
  person_id int4, team_id int4, level int4, since timestamptz, primary key (person_id, team_id)
);
create table tags (id uuid primary key, name text not null unique, weight int4, secret bool);
create table note_tags (note_id int8, tag_id uuid, by_id int4, primary key (note_id, tag_id));
create table badges (person_id int4, code text, grade int4, primary key (person_id, code));
create table badge_uses (id int4 primary key, person_id int4, code text, place text, seen bool);
create table profiles (id int4 primary key, person_id int4 unique, motto text, secret int4, mood mood);
create table logs (note_id int8, kind text, amount numeric, heat float8, data jsonb, words text[]);
alter table teams add foreign key (lead_id) references people deferrable initially deferred;
alter table people add foreign key (team_id) references teams deferrable initially deferred,
  add foreign key (boss_id) references people deferrable initially deferred;
alter table notes add foreign key (owner_id) references people deferrable initially deferred,
  add foreign key (reply_to_id) references notes deferrable initially deferred,
  add foreign key (team_id) references teams deferrable initially deferred;
alter table memberships add foreign key (person_id) references people deferrable initially deferred,
  add foreign key (team_id) references teams deferrable initially deferred;
alter table note_tags add foreign key (note_id) references notes deferrable initially deferred,
  add foreign key (tag_id) references tags deferrable initially deferred,
  add foreign key (by_id) references people deferrable initially deferred;
alter table badges add foreign key (person_id) references people deferrable initially deferred;
alter table badge_uses add foreign key (person_id, code) references badges deferrable initially deferred;
alter table profiles add foreign key (person_id) references people deferrable initially deferred;
alter table logs add foreign key (note_id) references notes deferrable initially deferred;
create index on notes (owner_id);
create index on notes (title text_pattern_ops);
create index on people (team_id);
`
