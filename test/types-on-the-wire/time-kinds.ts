// Days, times and spans: infinite ones, before the year 1, beyond 9999, and fractions of one to six digits.
import type { Random } from '../non-interference/random.ts'
import { type Kind, kind } from './kind.ts'
import { asInstant, asText } from './shown.ts'

const fractions = ['1', '12', '123', '1234', '12345', '123456', '000001', '100000', '999999', '120']
const two = (random: Random, below: number) => String(random.int(below)).padStart(2, '0')

const instants = [
  'infinity',
  '-infinity',
  '1970-01-01 00:00:00',
  '2015-08-05 13:56:05',
  '0001-01-01 00:00:00',
  '9999-12-31 23:59:59.999999',
  '10000-01-01 00:00:00',
  '294276-12-31 23:59:59.999999',
  '0001-12-31 23:59:59.5 BC',
  '0044-03-15 12:00:00.120 BC',
  '4713-01-01 00:00:00 BC',
  '2016-02-29 00:00:00',
  ...fractions.map(fraction => `2015-08-05 13:56:05.${fraction}`),
]

function drawDay(random: Random): string {
  const year = random.pick([random.int(9999) + 1, 1900 + random.int(200), 10_000 + random.int(280_000)])
  return `${String(year).padStart(4, '0')}-${String(1 + random.int(12)).padStart(2, '0')}-${String(1 + random.int(28)).padStart(2, '0')}`
}

function drawClock(random: Random): string {
  const fraction = String(random.int(1_000_000)).padStart(6, '0').slice(0, random.int(7))
  return `${two(random, 24)}:${two(random, 60)}:${two(random, 60)}${fraction && `.${fraction}`}`
}

function drawInstant(random: Random): string {
  const instant = `${drawDay(random)} ${drawClock(random)}`
  return random.chance(0.2) ? `${instant.replace(/^\d+/, String(1000 + random.int(3000)))} BC` : instant
}

function drawSpan(random: Random): string {
  const part = (unit: string) => (random.chance(0.5) ? `${random.int(2_000) - 1_000} ${unit} ` : '')
  return `${part('years')}${part('months')}${part('days')}${part('hours')}${part('seconds')}${random.int(1_000)} microseconds`
}

/** @param hasInfiniteSpans from PostgreSQL 17 on */
export function timeKinds(hasInfiniteSpans: boolean): readonly Kind[] {
  return [
    kind(
      'date',
      asText,
      [
        'infinity',
        '-infinity',
        '2016-01-24',
        '0001-01-01',
        '0001-12-31 BC',
        '4714-11-24 BC',
        '9999-12-31',
        '5874897-12-31',
      ],
      drawDay,
    ),
    kind(
      'time',
      asText,
      ['00:00', '24:00:00', '23:59:59.999999', ...fractions.map(one => `13:56:05.${one}`)],
      drawClock,
    ),
    kind('time(0)', asText, ['00:00:00.5', '13:56:05'], drawClock),
    kind(
      'timetz',
      asText,
      ['13:56:05+00', '13:56:05.5-03:30', '24:00:00+15:59:59', '00:00:00-15:59', '01:02:03.000001+02'],
      random => `${drawClock(random)}${random.pick(['+00', '-11:30', '+05:45', '+01:02:03'])}`,
    ),
    kind('timestamp', asInstant, instants, drawInstant),
    kind(
      'timestamp(3)',
      asInstant,
      instants.filter(one => !one.startsWith('294276')),
      drawInstant,
    ),
    kind(
      'timestamptz',
      asInstant,
      [...instants, '2015-08-05 15:56:05+02', '2016-01-24 00:00:00.10-11:30', '2038-01-19 03:14:08Z'],
      drawInstant,
    ),
    kind(
      'interval',
      asText,
      [
        '0',
        '1 year 2 months 3 days 04:05:06.5',
        '-1 days -02:00',
        '1 mon -1 day 00:00:00.000001',
        '178956970 years 7 months',
        '-00:00:00.1',
        '2562047788 hours',
        ...(hasInfiniteSpans ? ['infinity', '-infinity'] : []),
      ],
      drawSpan,
    ),
    kind('interval day to second(2)', asText, ['1 day 00:00:01.239', '-3 days'], drawSpan),
  ]
}
