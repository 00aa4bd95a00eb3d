-- Groups and their posts, and posts outside any group.

insert into groups (id, name, description, user_id, created_at, updated_at)
select n,
  case n when 1 then 'Bohuslän' else
    (array['Tennis', 'Sailing', 'Baking', 'Climbing', 'Skärgård', 'Drones', 'Vintage cameras', 'Fika'])[1 + n % 8] ||
    (array[' in Göteborg', ' for beginners', ' & friends', ' 2016', ' på landet'])[1 + n % 5] || case when n > 40 then ' ' || n / 40 else '' end end,
  case n when 1 then 'Allt från kusten: båtar, bad och "salta stänk".'
    else case when n % 4 > 0 then 'A group about what we like, n° ' || n || '. Be kind. 🙏' end end,
  1 + pg_temp.roll(n, 71, 20), pg_temp.at(n * 86400), pg_temp.at(n * 86400)
from generate_series(1, :groups) n;

insert into posts (id, title, text, user_id, group_id, comments_count, created_at, updated_at)
select o.id,
  (array['Looking for', 'Tips om', 'Who knows', 'Sunday:', 'Säljes:', 'A question about', 'Best of', 'Vi ses vid'])[1 + pg_temp.roll(o.id, 72, 8)] || ' ' ||
  (array['a used GoPro', 'segling i höst', 'tennis partners', 'music for my next film', 'the harbour', 'objektiv', 'cutting on the beat', 'Smögen'])[1 + pg_temp.roll(o.id, 73, 8)],
  (array['Hej allihop! ', 'Hello, ', E'Short version:\n', ''])[1 + pg_temp.roll(o.id, 74, 4)] ||
  (array['does anybody have experience with this?', 'I wrote down what I learnt last summer.', 'vem vill vara med på lördag?',
    'the weather looks "fantastic".', 'här kommer några tips från coachen 🎾', 'path is C:\videos\raw, don''t ask.'])[1 + pg_temp.roll(o.id, 75, 6)] ||
  ' ' || repeat('More in the comments. ', pg_temp.roll(o.id, 76, 4)),
  o.user_id, o.group_id, coalesce(c.n, 0), pg_temp.at(o.created),
  pg_temp.at(o.created + case when pg_temp.roll(o.id, 77, 5) = 0 then pg_temp.roll(o.id, 78, 86400) else 0 end)
from outline_posts o
left join (select post_id, count(*) as n from comments where post_id is not null group by post_id) c on c.post_id = o.id
order by o.id;
