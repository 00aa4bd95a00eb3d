// Filters over HTTP: flat and bracketed, operators, booleans, null, or and not, associations, declared filters, scopes.
import { expect, it } from 'vitest'
import { describeVideos, roles } from '../support/describe-videos.ts'

describeVideos('filters', videos => {
  const refuse = async (path: string, code: string, detail?: RegExp) => {
    const { status, json } = await videos.ask(path)
    expect([status, json.errors?.[0]?.code], path).toEqual([400, code])
    if (detail) expect(json.errors[0].detail).toMatch(detail)
  }

  it('take a field as it is, or under field or filter', async () => {
    for (const as of roles) {
      await videos.expectRows('/videos?draft=true', `state = 'draft'`, as)
      await videos.expectRows('/videos?field[draft]=true', `state = 'draft'`, as)
      await videos.expectRows('/videos?filter[draft]=true', `state = 'draft'`, as)
    }
  })

  it('hold all at once', async () => {
    await videos.expectRows('/videos?draft=true&published=true', 'false', 'admin')
    await videos.expectRows('/videos?field[draft,published]=true', 'false', 'admin')
    await videos.expectRows('/videos?field[draft,published]=false', `state = 'private'`, 'admin')
    await videos.expectRows(
      '/videos?state=published&views_count[gte]=1000&user_id=18',
      `state = 'published' and views_count >= 1000 and user_id = 18`,
    )
    await videos.expectRows(
      '/videos?filter[user_id]=18&field[views_count][gt]=10&state=published',
      'user_id = 18 and views_count > 10',
    )
  })

  it('take booleans as true, 1 or t and as false, 0 or f, in any case', async () => {
    for (const yes of ['true', '1', 't', 'T', 'TRUE', 'True'])
      await videos.expectRows(`/videos?draft=${yes}`, `state = 'draft'`, 'admin')
    for (const no of ['false', '0', 'f', 'F', 'FALSE'])
      await videos.expectRows(`/videos?draft=${no}`, `state <> 'draft'`, 'admin')
    for (const neither of ['yes', 'on', '2', '', 'null', 'tru', 'y'])
      await refuse(`/videos?draft=${neither}`, 'invalid_value')
    await videos.expectRows('/users?private=t', 'private', 'admin')
    await videos.expectRows('/users?private[ne]=1', 'not private', 'admin')
  })

  it('compare numbers, with every spelling of the operators', async () => {
    for (const operator of ['lt', 'le'])
      await videos.expectRows(`/videos?views_count[${operator}]=1000`, 'views_count < 1000')
    for (const operator of ['lte', 'leq'])
      await videos.expectRows(`/videos?views_count[${operator}]=98760`, 'views_count <= 98760')
    for (const operator of ['gt', 'ge'])
      await videos.expectRows(`/videos?views_count[${operator}]=98760`, 'views_count > 98760')
    for (const operator of ['gte', 'geq'])
      await videos.expectRows(`/videos?views_count[${operator}]=98760`, 'views_count >= 98760')
    await videos.expectRows('/videos?views_count[eq]=98760', 'views_count = 98760')
    await videos.expectRows('/videos?views_count[ne]=98760', 'views_count <> 98760')
    await videos.expectRows('/videos?views_count[in]=98760,0', 'views_count in (98760, 0)')
    await videos.expectRows('/videos?views_count[nin]=98760,0', 'views_count not in (98760, 0)')
    await videos.expectRows(
      '/videos?views_count[geq]=1000&views_count[le]=5000',
      'views_count >= 1000 and views_count < 5000',
    )
    await videos.expectRows('/videos?view_count[geq]=1000', 'views_count >= 1000')
  })

  it('compare dates and times', async () => {
    await videos.expectRows('/videos?created_at[geq]=2016-01-24', `created_at >= '2016-01-24T00:00:00Z'`)
    await videos.expectRows('/videos?created_at[leq]=2016-01-24', `created_at <= '2016-01-24T00:00:00Z'`)
    await videos.expectRows('/videos?created_at[gt]=2016-01-24T00:00:00+02:00', `created_at > '2016-01-23T22:00:00Z'`)
    await videos.expectRows('/videos?created_at[gt]=2016-01-24T00:00:00%2B02:00', `created_at > '2016-01-23T22:00:00Z'`)
    await videos.expectRows('/videos?created_at[lt]=2013-05-01%2010:30:00', `created_at < '2013-05-01T10:30:00Z'`)
    await videos.expectRows('/videos?published_at[lt]=2013-01-01', `published_at < '2013-01-01T00:00:00Z'`, 'admin')
    await videos.expectRows('/users?date_of_birth[lt]=1985-06-01', `date_of_birth < '1985-06-01'`, 'admin')
    for (const bad of ['yesterday', '2016-13-01', '2016-02-30', ''])
      await refuse(`/videos?created_at[gt]=${bad}`, 'invalid_value')
  })

  it('compare texts, with and without case, and literally', async () => {
    await videos.expectRows('/videos?title[eq]=Welcome%20to%20Videos', `title = 'Welcome to Videos'`)
    await videos.expectRows('/videos?title[like]=Tennis', `strpos(title, 'Tennis') > 0`)
    await videos.expectRows('/videos?title[contains]=tennis', `strpos(title, 'tennis') > 0`)
    await videos.expectRows('/videos?title[ilike]=TENNIS', `strpos(lower(title), 'tennis') > 0`)
    await videos.expectRows(
      '/videos?title[contains]=TENNIS&title[with_ilike]=true',
      `strpos(lower(title), 'tennis') > 0`,
    )
    await videos.expectRows('/videos?title[starts_with]=Tennis', `starts_with(title, 'Tennis')`)
    await videos.expectRows(
      '/videos?title[starts_with]=tennis&title[with_ilike]=1',
      `starts_with(lower(title), 'tennis')`,
    )
    await videos.expectRows('/videos?title[ends_with]=!', `right(title, 1) = '!'`)
    await videos.expectRows('/videos?description[like][starts_with]=tennis', `starts_with(description, 'tennis')`)
    await videos.expectRows('/videos?description[like][ends_with]=%23tennis', `right(description, 7) = '#tennis'`)
    await videos.expectRows('/videos?title[like]=50%25&title[with_ilike]=true', `strpos(lower(title), '50%') > 0`)
    for (const [text, sql] of [
      ['%25', '%'],
      ['_', '_'],
      ['%5C', '\\'],
      ['o/', 'o/'],
      ['%22', '"'],
      ["'", "''"],
    ]) {
      await videos.expectRows(`/videos?description[contains]=${text}`, `strpos(description, '${sql}') > 0`)
    }
    await videos.expectRows('/videos?title[lt]=M', `title < 'M'`)
    await videos.expectRows('/videos?title=null', `title = 'null'`)
    await videos.expectRows('/videos?title=', `title = ''`)
    await videos.expectRows('/videos?title=a;b', `title = 'a;b'`)
    await videos.expectRows('/videos?title=Leon+p%C3%A5+havet!', `title = 'Leon på havet!'`)
  })

  it('search texts by words', async () => {
    const found = await videos.ids('/videos?title[search]=tennis&per_page=100&sort=id')
    const expected = await videos.column(
      `select id from guest_videos where to_tsvector('simple', title) @@ websearch_to_tsquery('simple', 'tennis') order by id`,
    )
    expect(expected.length).toBeGreaterThan(10)
    expect(found).toEqual(expected.slice(0, 100))
  })

  it('know null by the operator null only, and treat logic as two-valued', async () => {
    await videos.expectRows('/videos?published_at[null]=true', 'published_at is null', 'admin')
    await videos.expectRows('/videos?published_at[null]=false', 'published_at is not null', 'admin')
    await videos.expectRows('/comments?filter[video_id][null]=true', 'video_id is null')
    await videos.expectRows('/comments?filter[video][null]=false', 'video_id is not null')
    // Unequal and not find the rows without a value too.
    await videos.expectRows(
      '/videos?published_at[ne]=2012-01-02T13:00:00Z',
      `published_at is distinct from '2012-01-02T13:00:00Z'`,
      'admin',
    )
    await videos.expectRows(
      '/videos?filter[not][published_at][gt]=2014-01-01',
      `(published_at > '2014-01-01T00:00:00Z') is not true`,
      'admin',
    )
    await videos.expectRows('/videos?music_track_id[nin]=1,2', `(music_track_id in (1, 2)) is not true`)
    await videos.expectRows('/videos?music_track_id[nin][]=1', `music_track_id is distinct from 1`)
    await videos.expectRows('/videos?description[gt]=m&filter[not][title][lt]=C', `description > 'm' and title >= 'C'`)
    await refuse('/videos?user_id=null', 'invalid_value', /null/)
  })

  it('combine by or, and and not, at any depth', async () => {
    await videos.expectRows(
      '/videos?filter[or][0][draft]=true&filter[or][1][published]=true',
      `state in ('draft', 'published')`,
      'admin',
    )
    await videos.expectRows(
      '/videos?or[0][draft]=true&or[0][user_id]=1&or[1][id]=5',
      `(state = 'draft' and user_id = 1) or id = 5`,
      'admin',
    )
    await videos.expectRows('/videos?filter[not][state]=draft', `state <> 'draft'`, 'admin')
    await videos.expectRows('/videos?not[state]=draft&not[user_id]=1', `not (state = 'draft' and user_id = 1)`, 'admin')
    await videos.expectRows(
      '/videos?filter[not][or][0][user_id]=1&filter[not][or][1][state]=draft',
      `not (user_id = 1 or state = 'draft')`,
      'admin',
    )
    await videos.expectRows(
      '/videos?filter[and][0][or][0][id]=1&filter[and][0][or][1][id]=2&filter[and][1][user_id]=3',
      `id in (1, 2) and user_id = 3`,
      'admin',
    )
    await videos.expectRows('/videos?filter[not][not][draft]=true', `state = 'draft'`, 'admin')
    await refuse('/videos?filter[or][][draft]=true', 'bad_list', /index/)
    await refuse('/videos?filter[or][draft]=true', 'bad_list')
  })

  it('take lists of values', async () => {
    for (const list of [
      'user_id[]=1&user_id[]=3',
      'user_id[0]=1&user_id[1]=3',
      'user_id[1]=3&user_id[0]=1',
      'user_id[in]=1,3',
      'user_id[in]=[1,3]',
      'user_id[in]=1, 3',
      'user_id[in][]=1&user_id[in][]=3',
      'filter[user][in]=1,3',
      'user[]=1&user[]=3',
    ]) {
      await videos.expectRows(`/videos?${list}`, 'user_id in (1, 3)')
    }
    await videos.expectRows('/videos?state[]=draft&state[]=private', `state in ('draft', 'private')`, 'admin')
    await videos.expectRows(
      '/videos?filter[title][in][]=Leon%20p%C3%A5%20havet!&filter[title][in][]=50%25 off, 100_percent',
      `title in ('Leon på havet!', '50% off, 100_percent')`,
    )
    await videos.expectRows('/videos?filter[title]=50%25 off, 100_percent', `title = '50% off, 100_percent'`)
    await refuse('/videos?user_id=1,3', 'invalid_value', /\[in\]/)
    await refuse('/videos?user_id=1&user_id=3', 'repeated_parameter')
    await refuse('/videos?id[]=1&id[0]=3', 'bad_list')
    await refuse('/videos?id[0]=1&id[2]=3', 'bad_list')
    await refuse('/videos?filter[id][in]=1,,3', 'bad_list', /empty/)
  })

  it('look at associations, as flat URLs do', async () => {
    await videos.expectRows('/comments?post[group_id]=1', 'post_id in (select id from posts where group_id = 1)')
    await videos.expectRows('/comments?video_id=3031', 'video_id = 3031')
    await videos.expectRows('/comments?video_id=1&comment_id=17', 'video_id = 1 and comment_id = 17')
    await videos.expectRows('/comments?video_id=1&comment_id=3', 'video_id = 1 and comment_id = 3')
    await videos.expectRows(
      '/comments?group_id=1&post_id=3&comment_id=3',
      'group_id = 1 and post_id = 3 and comment_id = 3',
    )
    expect(await videos.ids('/comments?group_id=1&post_id=3&comment_id=3')).toEqual([4])
    await videos.expectRows('/comments?post_id[]=1&video_id[]=3', 'post_id = 1 and video_id = 3')
    await videos.expectRows('/comments?user_id[]=1&user_id[]=3', 'user_id in (1, 3)')
    await videos.expectRows('/comments?video[user_id]=18', 'video_id in (select id from videos where user_id = 18)')
    await videos.expectRows(
      '/comments?video.user.username=robert',
      'video_id in (select id from guest_videos where user_id = 18)',
    )
    await videos.expectRows(
      '/videos?user[username][starts_with]=r',
      `user_id in (select id from guest_users where username like 'r%')`,
    )
  })

  it('quantify over lists of records', async () => {
    const some = (where: string) => `exists (select from guest_comments c where c.video_id = t.id and ${where})`
    await videos.expectRows('/videos?comments[text][contains]=!', some(`c.text like '%!%'`))
    await videos.expectRows('/videos?comments[some][text][contains]=!', some(`c.text like '%!%'`))
    await videos.expectRows('/videos?filter[comments][none][user_id]=20', `not ${some('c.user_id = 20')}`)
    await videos.expectRows('/videos?comments[every][user_id]=1', `not ${some('c.user_id is distinct from 1')}`)
    await videos.expectRows('/videos?comments[null]=true', `not ${some('true')}`)
    await videos.expectRows('/videos?comments[null]=false', some('true'))
    await videos.expectRows('/videos?comments[some][not][user_id]=1', some('c.user_id is distinct from 1'))
    await videos.expectRows('/videos?filter[not][comments][some][user_id]=1', `not ${some('c.user_id = 1')}`)
    await videos.expectRows(
      '/videos?comments[or][0][user_id]=1&comments[or][1][user_id]=4',
      some('c.user_id in (1, 4)'),
    )
    await videos.expectRows(
      '/users?videos[some][comments][some][user_id]=4',
      `exists (select from guest_videos v join guest_comments c on c.video_id = v.id where v.user_id = t.id and c.user_id = 4)`,
    )
  })

  it('count only records that the caller may see', async () => {
    for (const as of roles) {
      await videos.expectRows(
        '/users?videos[some][state]=draft',
        `exists (select from ${as}_videos v where v.user_id = t.id and v.state = 'draft')`,
        as,
      )
      await videos.expectRows(
        '/users?videos[every][state]=published',
        `not exists (select from ${as}_videos v where v.user_id = t.id and v.state <> 'published')`,
        as,
      )
      await videos.expectRows('/videos?user[null]=true', 'user_id is null', as)
    }
  })

  it('match related records by their natural key, else by id', async () => {
    const tagged = (names: string) =>
      `id in (select video_id from video_tags join tags on tags.id = tag_id where name in (${names}))`
    await videos.expectRows('/videos?tags[]=foo&tags[]=bar', tagged(`'foo', 'bar'`))
    await videos.expectRows('/videos?tags=tennis', tagged(`'tennis'`))
    await videos.expectRows('/videos?tags[name]=tennis', tagged(`'tennis'`))
    await videos.expectRows('/videos?tags[id][in]=1,2', tagged(`'foo', 'bar'`))
    await videos.expectRows('/videos?comments=17', 'id = 1')
    await videos.expectRows('/videos?user=18', 'user_id = 18')
  })

  it('can be declared by a resource', async () => {
    await videos.expectRows('/videos?published_at_start=2015-06-01', `published_at >= '2015-06-01T00:00:00Z'`)
    await videos.expectRows(
      '/videos?published_at_start=2015-06-01&published_at_end=2015-12-31T23:59:59Z',
      `published_at between '2015-06-01T00:00:00Z' and '2015-12-31T23:59:59Z'`,
    )
    await videos.expectRows(
      '/videos?text=bohusl%C3%A4n',
      `strpos(lower(title), 'bohuslän') > 0 or strpos(lower(description), 'bohuslän') > 0`,
    )
    await videos.expectRows(
      '/videos?filter[text]=LEON',
      `strpos(lower(title), 'leon') > 0 or strpos(lower(description), 'leon') > 0`,
    )
    await videos.expectRows(
      '/videos?filter[not][text]=leon',
      `(strpos(lower(title), 'leon') > 0 or strpos(lower(coalesce(description, '')), 'leon') > 0) is not true`,
    )
    await refuse('/videos?published_at_start=soon', 'invalid_value')
    await refuse('/videos?text[gt]=a', 'unknown_operator')
  })

  it('can be scopes, with and without arguments', async () => {
    for (const scope of [
      'scope=published',
      'scopes=published',
      'scope[published]',
      'scopes[published]=true',
      'scope_by=published',
    ]) {
      await videos.expectRows(`/videos?${scope}`, `state = 'published'`, 'admin')
    }
    await videos.expectRows('/videos?scope=published,popular', `state = 'published' and views_count >= 1000`, 'admin')
    await videos.expectRows('/videos?scope[published]=false', 'true', 'admin')
    await videos.expectRows('/videos?scope[created_between]=1988,2018', 'true', 'admin')
    await videos.expectRows(
      '/videos?scope[created_between]=2013-01-01,2014-06',
      `created_at >= '2013-01-01T00:00:00Z' and created_at <= '2014-06-01T00:00:00Z'`,
    )
    await videos.expectRows('/users?scope=popular', 'followers_count >= 10', 'regular')
    await refuse('/videos?scope=publishd', 'unknown_field', /"published"/)
    await refuse('/videos?scope=created_between', 'invalid_value', /from, to/)
    await refuse('/videos?scope[created_between]=1988', 'invalid_value')
    await refuse('/videos?scope[created_between]=1988,2000,2018', 'invalid_value')
    // A guest does not read followers_count, so the scope over it does not exist for him.
    await refuse('/users?scope=popular', 'unknown_field')
  })

  it('refuse what a field does not take, and say what it takes', async () => {
    await refuse('/videos?views_count[contains]=1', 'unknown_operator', /gte/)
    await refuse('/videos?views_count[foo]=1', 'unknown_operator')
    await refuse('/videos?views_count=many', 'invalid_value')
    await refuse('/videos?views_count=', 'invalid_value')
    await refuse('/videos?state=publishd', 'invalid_value', /published/)
    await refuse('/videos?user_id=99999999999', 'invalid_value')
    await refuse('/videos?user_id=1.5', 'invalid_value')
    await refuse('/videos?drfat=true', 'unknown_parameter', /"draft"/)
    await refuse('/videos?filter[drfat]=true', 'unknown_field', /"draft"/)
    await refuse('/videos?user[usrname]=x', 'unknown_field', /"username"/)
  })

  it('know a field that only some rows show on those rows alone', async () => {
    // Robert reads his own address, and no other.
    const [email] = await videos.column('select email from users where id = 18')
    const [other] = await videos.column('select email from users where id = 17')
    await videos.expectRows(`/users?email=${email}`, 'id = 18', 'owner')
    await videos.expectRows(`/users?email=${other}`, 'false', 'owner')
    await videos.expectRows(`/users?email[ne]=${other}`, 'id = 18', 'owner')
    await videos.expectRows(`/users?filter[not][email]=${email}`, 'false', 'owner')
    await videos.expectRows('/users?email[null]=false', 'id = 18', 'owner')
  })

  it('do not know a field that the caller may not read', async () => {
    const hidden = [
      ['/users?email=x', 'unknown_parameter'],
      ['/users?filter[email]=x', 'unknown_field'],
      ['/videos?user[email]=x', 'unknown_field'],
      ['/videos?user[not][email][ends_with]=@x.org', 'unknown_field'],
    ] as const
    for (const [path, code] of hidden) {
      const { status, json } = await videos.ask(path)
      const unknown = await videos.ask(path.replaceAll('email', 'emaix'))
      expect([status, json.errors[0].code]).toEqual([400, code])
      expect(json.errors[0].detail).not.toMatch(/did you mean/i)
      // The same as for a name that nobody has, but for the name.
      expect({ ...json.errors[0], id: '' }).toEqual({
        ...JSON.parse(unknown.text.replaceAll('emaix', 'email')).errors[0],
        id: '',
      })
    }
    await videos.expectRows(
      '/videos?user[not][email][ends_with]=.org',
      `user_id in (select id from users where email not like '%.org')`,
      'admin',
    )
    await videos.expectRows(
      '/videos?filter[user.country_code]=SE',
      `user_id in (select id from regular_users where country_code = 'SE')`,
      'regular',
    )
  })
})
