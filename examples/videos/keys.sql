-- The keys, indexes, references, sequences and triggers of the videos example, made after its rows because that is faster.

alter table users add primary key (id), add unique (username);
alter table music_tracks add primary key (id);
alter table groups add primary key (id);
alter table posts add primary key (id);
alter table videos add primary key (id);
alter table tags add primary key (id), add unique (name);
alter table video_tags add primary key (video_id, tag_id);
alter table comments add primary key (id);
alter table likes add primary key (user_id, video_id);
alter table follows add primary key (follower_id, followee_id);
alter table accounts add primary key (id);

create index on videos (user_id);
create index on videos (music_track_id);
create index on videos (created_at, id);
create index on videos (state, published_at, id);
create index on videos (views_count, id);
create index on videos (title text_pattern_ops);
create index on video_tags (tag_id);
create index on comments (video_id, created_at, id);
create index on comments (user_id);
create index on comments (post_id);
create index on comments (comment_id);
create index on comments (group_id);
create index on likes (video_id);
create index on follows (followee_id);
create index on posts (user_id);
create index on posts (group_id);
create index on groups (user_id);
create index on accounts (client_id);

alter table groups add foreign key (user_id) references users on delete set null;
alter table posts
  add foreign key (user_id) references users on delete cascade,
  add foreign key (group_id) references groups on delete cascade;
alter table videos
  add foreign key (user_id) references users on delete cascade,
  add foreign key (music_track_id) references music_tracks on delete set null;
alter table video_tags
  add foreign key (video_id) references videos on delete cascade,
  add foreign key (tag_id) references tags on delete cascade;
alter table comments
  add foreign key (user_id) references users on delete cascade,
  add foreign key (video_id) references videos on delete cascade,
  add foreign key (post_id) references posts on delete cascade,
  add foreign key (comment_id) references comments on delete cascade,
  add foreign key (group_id) references groups on delete cascade;
alter table likes
  add foreign key (user_id) references users on delete cascade,
  add foreign key (video_id) references videos on delete cascade;
alter table follows
  add foreign key (follower_id) references users on delete cascade,
  add foreign key (followee_id) references users on delete cascade;

-- The rows brought their own ids, so the next one comes after them.
select setval(pg_get_serial_sequence('users', 'id'), max(id)) from users;
select setval(pg_get_serial_sequence('music_tracks', 'id'), max(id)) from music_tracks;
select setval(pg_get_serial_sequence('groups', 'id'), max(id)) from groups;
select setval(pg_get_serial_sequence('posts', 'id'), max(id)) from posts;
select setval(pg_get_serial_sequence('videos', 'id'), max(id)) from videos;
select setval(pg_get_serial_sequence('tags', 'id'), max(id)) from tags;
select setval(pg_get_serial_sequence('comments', 'id'), max(id)) from comments;
select setval(pg_get_serial_sequence('accounts', 'id'), max(id)) from accounts;

-- Whoever writes, updated_at tells caches the truth; a writer that sets it is believed.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  if new.updated_at = old.updated_at then
    new.updated_at := now();
  end if;
  return new;
end $$;
create trigger touch before update on users for each row execute function touch_updated_at();
create trigger touch before update on music_tracks for each row execute function touch_updated_at();
create trigger touch before update on groups for each row execute function touch_updated_at();
create trigger touch before update on posts for each row execute function touch_updated_at();
create trigger touch before update on videos for each row execute function touch_updated_at();
create trigger touch before update on comments for each row execute function touch_updated_at();
create trigger touch before update on accounts for each row execute function touch_updated_at();
