// Types that the product does not know, or knows as shown only: each is its text.
import { type Kind, shownOnly } from './kind.ts'
import { texts } from './texts.ts'

const ranges = (sql: string, low: string, high: string) => [
  shownOnly(`${sql}range`, ['empty', '(,)', `["${low}","${high}")`, `("${low}",]`, `[,"${high}"]`]),
  shownOnly(`${sql}multirange`, ['{}', '{(,)}', `{["${low}","${high}"]}`]),
]

export const oddKinds: readonly Kind[] = [
  ...ranges('int4', '-5', '7'),
  ...ranges('int8', '-9007199254740993', '9007199254740993'),
  ...ranges('num', '-0.10', '1e3'),
  ...ranges('ts', '2015-08-05 13:56:05.12', 'infinity'),
  ...ranges('tstz', '0044-03-15 12:00:00 BC', '294276-12-31 23:59:59.999999'),
  ...ranges('date', '2016-01-24', '5874896-12-31'),
  shownOnly('tsvector', ['', "'row':3A 'it''s':1,2 '\"q\\\\':5", 'a fat cat']),
  shownOnly('tsquery', ['', "'a' & !'b''' <-> 'c':*A"]),
  shownOnly('bit(5)', ['00000', '10101']),
  shownOnly('varbit', ['', '1', '0'.repeat(100)]),
  shownOnly('money', ['0', '-1234567.89', '92233720368547758.07']),
  shownOnly('oid', ['0', '4294967295']),
  shownOnly('regclass', ['pg_class', '0', 'pg_catalog.pg_type']),
  shownOnly('regtype', ['int4', 'timestamptz', 'int4[]', 'odd.date']),
  shownOnly('xid', ['0', '4294967295']),
  shownOnly('xid8', ['0', '18446744073709551615']),
  shownOnly('tid', ['(0,1)', '(4294967295,65535)']),
  shownOnly('pg_lsn', ['0/0', 'FFFFFFFF/FFFFFFFF']),
  shownOnly('pg_snapshot', ['10:20:10,14,15']),
  shownOnly('int2vector', ['', '1 2 -3']),
  shownOnly('oidvector', ['', '1 4294967295']),
  shownOnly('jsonpath', ['$."a"[*] ? (@.b > 1 && @.c == "x\\"y")', 'strict $']),
  shownOnly('"char"', ['', 'a', '"', '\\']),
  shownOnly('macaddr8', ['08:00:2b:01:02:03:04:05']),
  shownOnly('line', ['{1,-2,3}', '{0,1,1e-7}']),
  shownOnly('lseg', ['[(0,0),(1,-2)]']),
  shownOnly('box', ['(1,1),(0,0)', '(NaN,1),(Infinity,-2)']),
  shownOnly('path', ['[(0,0),(1,1)]', '((0,0),(1,1),(2,0))']),
  shownOnly('polygon', ['((0,0),(1,1),(2,0))']),
  shownOnly('circle', ['<(1,2),3>']),
  shownOnly('refcursor', texts),
  shownOnly('aclitem', ['=r/pg_monitor', 'pg_monitor=a*/pg_monitor']),
]

/** Where the server was built with libxml. */
export const xmlKind: Kind = shownOnly('xml', [
  '<a/>',
  'text only, "quoted" & \\'.replace('&', '&amp;'),
  '<a b="c">é\n𝄞</a>',
  '<?xml version="1.0" encoding="UTF-8"?><a/>',
  '<?xml version="1.1" standalone="yes"?><a/>',
])

export const extensionKinds: Readonly<Record<string, readonly Kind[]>> = {
  ltree: [shownOnly('ltree', ['', 'Top.Science_1.Ａ'.replace('Ａ', 'A')]), shownOnly('lquery', ['*.a@.!b{1,2}'])],
  hstore: [shownOnly('hstore', ['', '"a"=>NULL, "b \\"q\\""=>"c,\\\\"'])],
  cube: [shownOnly('cube', ['(1,2),(3,4)', '(0)'])],
  isn: [shownOnly('isbn13', ['978-0-393-04002-9'])],
}
