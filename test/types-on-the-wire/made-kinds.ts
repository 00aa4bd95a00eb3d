// Types that a database makes for itself: enums, domains, composites, ranges, and ones that are called like PostgreSQL's own.
import { type Kind, kind, shownOnly } from './kind.ts'
import { asInstant, asList, asNumber, asPoint, asText } from './shown.ts'

const labels = ['happy', 'sad', '', 'q"uote', 'back\\slash', 'NULL', 'a,b', '{x}', ' sp ace ', 'línea\n', '🎉']
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

export const typesSql = `
  create schema odd;
  create type mood as enum (${labels.map(literal).join(', ')});
  create domain word as text check (value <> 'forbidden');
  create domain short_word as word check (length(value) < 100);
  create domain code as char(4);
  create domain whole as int4;
  create domain feeling as mood;
  create domain at as timestamptz;
  create domain numbers as int4[];
  create domain spot as point;
  create type pair as (a int, "b c" text, d timestamptz, e char(5), f int[]);
  create type nested as (one pair, many pair[]);
  create domain checked_pair as pair;
  create type letters as range (subtype = text);
  create type odd."date" as enum ('not "a" day', 'x');
  create type odd."json" as (a int, b text);
  create domain odd."int4" as text;
  create type odd."point" as range (subtype = float8);
  create type odd."text" as enum ('\u0001', 'y')`

const pairs = ['(,,,,)', '(1,"a ""q"" \\\\","2015-08-05 13:56:05.12+00",ab,"{1,NULL}")', '(-1,"",infinity,"a,b",{})']

export const madeKinds: readonly Kind[] = [
  kind('mood', asText, labels),
  kind('word', asText, ['', 'a"\\\n', '🎉']),
  kind('short_word', asText, ['', 'é\u2028']),
  kind('code', asText, ['', 'a', 'abcd', '"\\']),
  kind('whole', asNumber, ['0', '-2147483648']),
  kind('feeling', asText, labels.slice(2, 6)),
  kind('at', asInstant, ['infinity', '2015-08-05 13:56:05.120+02', '0044-03-15 12:00:00 BC']),
  shownOnly('numbers', ['{}', '{1,NULL,-3}', '[0:1]={7,8}', '{{1,2},{3,4}}'], asList(asNumber)),
  shownOnly('spot', ['(1,-0)', '(NaN,2e30)'], asPoint),
  shownOnly('pair', pairs),
  shownOnly('nested', ['(,)', '("(1,x,,,)","{""(2,y,,,)"",NULL}")']),
  shownOnly('checked_pair', pairs.slice(1)),
  shownOnly('letters', ['empty', '[a,b)', '["q""x","z\\\\"]']),
  kind('odd."date"', asText, ['not "a" day', 'x']),
  shownOnly('odd."json"', ['(1,"a""b")', '(,)']),
  kind('odd."int4"', asText, ['', '007', '"x"']),
  shownOnly('odd."point"', ['[1,2)', 'empty']),
  kind('odd."text"', asText, ['\u0001', 'y']),
]

/** A list of lists has no word of its own: it is its text. */
export const listOfLists: Kind = shownOnly('numbers[]', ['{}', '{"{1,2}",NULL,"{}"}'])
