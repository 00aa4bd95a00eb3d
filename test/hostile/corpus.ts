// Valid requests of every kind, for the mutator to spoil.

export interface Draft {
  method: string
  path: string
  /** Keys and values, percent-encoded as they stand; null for a key without `=`. */
  pairs: [string, string | null][]
  headers: [string, string][]
  body: string | Buffer | null
}

const urls = [
  '/api',
  '/api/videos',
  '/api/videos/3031',
  '/api/v1/user/17',
  '/api/tags/foo',
  '/api/video-tags/1,1',
  '/api/videos/1/comments?sort=-created_at',
  '/api/videos/1/comments/7',
  '/api/videos/1/user?fields=name',
  '/api/users?fields=username,name&per_page=2',
  '/api/users?fields[videos]=true',
  '/api/users?include=videos&fields[videos]=title',
  '/api/videos?fields[title]&includes=[user]&fields[user][username]=true',
  '/api/videos?fields=title,user.username&include=comments.user',
  '/api/videos?include[comments][limit]=5&include[comments][sort]=-created_at&include[comments][filter][text][contains]=x',
  '/api/videos?filter[draft]=true&filter[views_count][gte]=1000',
  '/api/videos?filter[or][0][draft]=true&filter[or][1][and][0][published]=true&filter[or][1][and][1][not][user_id]=3',
  '/api/videos?filter[comments][some][text][contains]=x&filter[comments][none][user_id]=20',
  '/api/videos?filter[user.country_code]=SE&filter[user][null]=false',
  '/api/videos?views_count[geq]=1000&views_count[le]=5000&created_at[gt]=2016-01-24T00:00:00+02:00',
  '/api/videos?user_id[]=1&user_id[]=3&tags[]=foo&tags[]=bar',
  '/api/videos?filter[id][in]=1,3&filter[title][nin]=a,b&filter[title][ilike]=le%25on',
  '/api/videos?description[like][starts_with]=tennis&title[like]=50%25&title[with_ilike]=true',
  '/api/videos?field[draft,published]=true&text=leon&published_at_start=2016-01-24',
  '/api/videos?sort=-published_at,title,user.username&page[size]=5&page[number]=3&page[offset]=2',
  '/api/videos?sort[property]=id&sort[order]=desc&limit=30',
  '/api/videos?sort[username]=desc&per_page=5&page=2&page[total]=exact',
  '/api/videos?sort=title&page[after]=eyJhIjoxfQ&page[total]=estimated',
  '/api/videos?aggregate[views_count]=sum,avg&group=state&aggregate[likes_count][max]=true',
  '/api/videos?scope=published&scope[created_between]=1988,2018&scopes[popular]=true',
  '/api/users?scope[joined_between][from]=2015-01-01&scope[joined_between][to]=2016-01-01',
  '/api/comments?post[group_id]=1&video_id=1&user_id[ne]=3',
  '/api/likes?filter[user][id]=20',
  '/api/music-tracks?aggregate[id]=count',
]

const bodies = [
  {
    fields: ['title', 'user.username'],
    include: { comments: { limit: 5, sort: '-created_at', filter: { text: { contains: 'x' } } } },
  },
  {
    filter: {
      or: [{ draft: true }, { published: true }],
      user: { country_code: 'SE' },
      id: { in: [1, 3] },
      user_id: null,
    },
  },
  { sort: ['-published_at', 'title'], page: { size: 5 }, aggregate: { views_count: ['sum', 'avg'] }, group: ['state'] },
  { scope: { created_between: [1988, 2018] }, fields: { videos: ['title'] }, include: 'user,comments.user' },
  {
    created_at: { geq: '2016-01-24' },
    user_id: 17,
    views_count: { geq: 1000 },
    published: true,
    tags: ['foo', 'bar'],
    description: { like: { starts_with: 'tennis' } },
    limit: 30,
    sort: { property: 'published_at', order: 'desc' },
  },
  {
    filter: {
      not: { comments: { some: { user: { username: { ne: 'x' } } } } },
      title: { with_ilike: true, contains: 'y' },
    },
  },
]

export const corpus: readonly Draft[] = [
  ...urls.map(fromUrl),
  ...bodies.flatMap(fromBody),
  { ...fromUrl('/api/videos'), method: 'OPTIONS' },
  { ...fromUrl('/api/users/17'), method: 'HEAD' },
]

function fromUrl(url: string): Draft {
  const [path = '', query = ''] = url.split('?')
  const pairs = query
    .split('&')
    .filter(pair => pair !== '')
    .map((pair): [string, string | null] => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [pair, null] : [pair.slice(0, equals), pair.slice(equals + 1)]
    })
  return { method: 'GET', path, pairs, headers: [], body: null }
}

function fromBody(body: object): Draft[] {
  const headers: [string, string][] = [['Content-Type', 'application/json']]
  const shared = { pairs: [], headers, body: JSON.stringify(body) }
  return [
    { ...shared, method: 'QUERY', path: '/api/videos' },
    { ...shared, method: 'POST', path: '/api/videos/query' },
  ]
}
