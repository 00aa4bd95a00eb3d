// What attackers write: names, values, encodings, path segments and headers that have broken servers before.

export const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__', 'then', 'length']

export const names = [
  ...prototypeNames, ...prototypeNames,
  'id', 'title', 'user', 'comments', 'email', 'password', 'state', 'and', 'or', 'not', 'some', 'every', 'none', 'null', 'in', 'eq', 'search', 'has', 'any', 'all',
  'links', 'follower_state', 'requester_has_liked', 'tags', 'preferences', 'draft', 'fields', 'page', 'sort', 'size', 'after', 'before',
  '', ' ', '*', '-', '--', '.', '..', 'a.b.c', 'user.user.user', 'videos.user.videos.user.videos', '"', "'", '`', '\\', '$1', '$$', ':id', '?', '%s', '${7*7}', '{{7*7}}',
  'id"', 'id;', "id'; drop table users; --", 'title" is not null or "1"="1', 'id)--', 'pg_sleep(10)', 'ctid', 'xmin', 'tableoid', 'ID', 'Title', 'tïtle', '\u202etitle', 'title\u200b', '🦊', '\ud800',
  '0', '1', '-1', '00', '1e3', '9999', '99999999999999999999', 'x'.repeat(300), '名前',
]

export const values = [
  '', ' ', '0', '1', '-1', '-0', '+1', '1.5', '1e400', '-1e400', '1e-400', '0x10', '0b1', '1_000', 'NaN', 'Infinity', '-Infinity', 'nan',
  '2147483647', '2147483648', '-2147483649', '9223372036854775807', '9223372036854775808', '9'.repeat(400), `0.${'0'.repeat(20_0)}1`, '1'.repeat(131_0),
  'true', 'TRUE', 'yes', 'null', 'undefined', '[]', '{}', '[[1]]', '[1', '1]', '{"a":1}', ',', ',,', 'a,,b', '[a,b]', '1,2,3',
  '2016-02-30', '2016-13-01', '0000-00-00', '99999-01-01', '-4714-01-01', 'infinity', '-infinity', 'epoch', 'now', 'today', '2016-01-24T25:61:61Z', '2016-01-24T00:00:00.1234567890123Z', '2016-01-24T00:00:00+99:99', '10000000-01-01T00:00:00Z', '294277-01-01T00:00:00Z', '4714-11-24 BC',
  "'", "''", "' or '1'='1", "'; drop table users; --", '1; select pg_sleep(10)', '$1', '$$', "\\'; --", 'E\\\'', '%', '_', '\\', '%\\', '\\%_', "' || (select email from users limit 1) || '", ') or true --', '/*', '*/', '--',
  '(a+)+$', '.*', '&', ':*', 'a & | !', '<->', "'a':*B", '../../etc/passwd', '${jndi:ldap://x}', '<script>', '\r\nSet-Cookie: a=b', '\u0001\u0002\u0003', '\u2028', '\ufeff', '\uffff', '\ud83e', '🦊'.repeat(50), 'é', 'e\u0301', 'İ', 'ß',
  'draft', 'published', 'Published', 'title', '-title', '--title', '-', 'user', 'user.', '.user', 'user..name', 'comments.user.comments.user.comments.user', 'asc', 'desc', 'DESC', 'sum', 'count', 'exact', 'estimated', ...prototypeNames,
]

/** As they stand in a URL. */
export const encodings = [
  '%', '%%', '%2', '%zz', '%0', '%00', 'a%00b', '%ff', '%fe%ff', '%c0%af', '%c0%80', '%e0%80%80', '%f5%80%80%80', '%ed%a0%80', '%ed%b0%80', '%f4%90%80%80', '%u0041', '%25', '%2525', '%5B', '%5D', '%26', '%3D', '%23', '+', '%2B', '%20', '%0d%0a', '%EF%BB%BF', '%F0%9F%A6%8A',
  '\xff', '\xe5', 'é', '🦊', '#', '#fragment', ';', ';a=b', '&', '&&', '=', '==', '?', '??', '|', '^', '`', '"', '<>', '{}', '\\', '\x7f',
]

export const segments = [
  ...prototypeNames, '', '.', '..', '%2e', '%2e%2e', '%2F', '%2f..%2f', '%5c', '\\', '~', '~0', '~1', ',', ',,', '1,1', '1,1,1', '%00', '%ff', '%', '0', '-1', '1', '2147483648', '99999999999', '1.0', '1e1', ' 1', '%201', '+1', 'null', 'NaN', 'true', "1'--", '1;drop', 'query', 'actions', 'operations', 'v1', 'v2', 'v99999', 'relationships', 'comments', 'user', 'likes', 'User', 'videoTags', 'video_tags', 'VIDEOS', 'x'.repeat(2000), '*', ':id', '@', '🦊', 'openapi.json', 'metrics', 'users;a=b', 'favicon.ico', '.env',
]

export const headers: readonly (readonly [string, string])[] = [
  ['Accept', ''], ['Accept', 'text/html'], ['Accept', 'application/json;q=0'], ['Accept', '*/*;q=bad'], ['Accept', ',;,='], ['Accept', 'a'.repeat(4000)], ['Accept', 'application/vnd.api+json'],
  ['Content-Type', ''], ['Content-Type', 'text/plain'], ['Content-Type', 'application/json; charset=utf-16'], ['Content-Type', 'application/jsonx'], ['Content-Type', 'multipart/form-data; boundary=x'], ['Content-Encoding', 'gzip'],
  ['Authorization', ''], ['Authorization', 'Bearer'], ['Authorization', 'Bearer '], ['Authorization', 'Bearer x'], ['Authorization', 'Bearer a.b.c'], ['Authorization', 'Bearer ..'], ['Authorization', 'Basic YTpi'], ['Authorization', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'], ['Authorization', `Bearer ${'x'.repeat(9000)}`], ['Authorization', 'Bearer \xff'],
  ['Prefer', 'timing'], ['Prefer', 'return=minimal, wait=99999999999999, respond-async;;=,'], ['Prefer', '\xff'], ['Request-Id', 'ok-1'], ['Request-Id', 'a'.repeat(5000)], ['Request-Id', '<script>'], ['Range', 'id ..'], ['Range', 'bytes=0-9'], ['Range', ']]]['],
  ['If-None-Match', '*'], ['If-None-Match', '"'], ['If-Modified-Since', 'yesterday'], ['If-Match', '"x"'], ['Expect', '100-continue'], ['Expect', '200-maybe'], ['Upgrade', 'websocket'], ['Upgrade', 'h2c'], ['TE', 'trailers'], ['Origin', 'null'], ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Forwarded-For', "' or 1=1"], ['Cookie', '__proto__=1; constructor=2'], ['__proto__', 'x'], ['constructor', 'x'], ['toString', 'x'], ['Idempotency-Key', '""'], ['Via', '1.1 x'], ['Connection', 'host, authorization'], ['Transfer-Encoding', 'identity'],
]

/** Text that stands where a JSON value should. */
export const jsonTexts = [
  '', ' ', 'nul', 'tru', 'NaN', 'Infinity', '-', '01', '1.', '.5', '1e999', '-1e999', '9007199254740993', '1'.repeat(400), '"', "'a'", '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\x41"', '"\u0001"', '"\\u00"', '[1,]', '{,}', '{"a":1,}', '{"a":1,"a":2}', '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"x":1}}}', '{"":1}', '{"a":undefined}', '/* c */1', '1 2', '[', '{', '{"a"', '{"a":', '[[[[[[[[[[', '\ufeff{}', 'null', 'true', '0', '[]', '""', '{"id":{"in":null}}', '{"id":[[]]}', '{"id":[null]}', '{"id":{}}', '{"or":{}}', '{"or":[]}', '{"not":[]}', '{"or":[[]]}', '{"eq":1}', '{"in":[]}', '{"some":{}}', '[null]', '[true,1,"a"]', '[[1]]', '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":{"k":{"l":1}}}}}}}}}}}}',
]
