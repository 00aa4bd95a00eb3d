// The statements of the servers that speak SQL by hand; who may see and do what is written into them, as far as the answers need it.

export const videoById = `
  select id, title, description, views_count, likes_count, comments_count, published_at
  from videos
  where id = $1 and state = 'published'`

export const newestVideos = `
  select id, title, description, thumbnail, views_count, likes_count, comments_count, published_at, created_at
  from videos
  where state = $1 and state = 'published' and views_count >= $2
  order by created_at desc, id desc
  limit 30`

export const newestVideosWithComments = `
  select v.id, v.title, v.published_at, c.comments,
    -- Joined, it becomes a scan of all users where they are few.
    (
      select json_build_object('id', id, 'username', username, 'name', name)
      from users
      where id = v.user_id and not private and suspended_at is null
    ) as user
  from (
    select id, title, published_at, created_at, user_id
    from videos
    where state = $1 and state = 'published' and views_count >= $2
    order by created_at desc, id desc
    limit 30
  ) v
  left join lateral (
    select coalesce(json_agg(json_build_object('id', id, 'text', text) order by created_at desc, id desc), '[]') as comments
    from (
      select id, text, created_at from comments where video_id = v.id order by created_at desc, id desc limit 5
    ) newest
  ) c on true
  order by v.created_at desc, v.id desc`

/** Of a text, a user and a video that this user may see: no row for another. */
export const insertComment = `
  insert into comments (text, user_id, video_id)
  select $1, $2::int4, id
  from videos
  where id = $3::int4 and (state = 'published' or user_id = $2::int4)
  returning id, text, user_id, video_id, post_id, comment_id, group_id, created_at, updated_at`
