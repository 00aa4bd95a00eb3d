// Numbers, booleans and identifiers, to the ends of what each type holds.
import type { Random } from '../non-interference/random.ts'
import { type Kind, kind, shownOnly } from './kind.ts'
import { asBoolean, asFloat, asNumber, asPoint, asText } from './shown.ts'

const digits = (random: Random, most: number) =>
  Array.from({ length: 1 + random.int(most) }, () => String(random.int(10))).join('')
const sign = (random: Random) => (random.chance(0.5) ? '-' : '')

const floats = ['0', '-0', '1', '-1', '0.1', '100000', '1e20', '123456789', 'NaN', 'Infinity', '-Infinity', '1e-7']
const doubles = ['1.7976931348623157e308', '-1.7976931348623157e308', '5e-324', '2.2250738585072014e-308', '1e15']
const tallest = `${'9'.repeat(131_072 / 64)}.${'1'.repeat(64)}`

function drawDouble(random: Random): string {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setUint32(0, random.int(2 ** 32))
  bytes.setUint32(4, random.int(2 ** 32))
  return String(bytes.getFloat64(0))
}

function drawSingle(random: Random): string {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setUint32(0, random.int(2 ** 32))
  return String(bytes.getFloat32(0))
}

function drawUuid(random: Random): string {
  return Array.from({ length: 8 }, () => random.int(65_536).toString(16).padStart(4, '0')).join('')
}

export const numberKinds: readonly Kind[] = [
  kind('bool', asBoolean, ['t', 'f']),
  kind('int2', asNumber, ['0', '-1', '32767', '-32768'], random => String(random.int(65_536) - 32_768)),
  kind('int4', asNumber, ['0', '-1', '2147483647', '-2147483648'], random => String(random.int(2 ** 32) - 2 ** 31)),
  kind(
    'int8',
    asText,
    ['0', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
    random => sign(random) + digits(random, 18),
  ),
  kind(
    'numeric',
    asText,
    [
      '0',
      '0.00',
      '-0.0',
      '1e3',
      '12.50',
      '0.1',
      '12345678901234567890.10',
      'NaN',
      'Infinity',
      '-Infinity',
      tallest,
    ].concat(`0.${'0'.repeat(500)}1`),
    random => `${sign(random)}${digits(random, 30)}.${digits(random, 30)}`,
  ),
  kind(
    'numeric(12,4)',
    asText,
    ['0', '99999999.9999', '-0.0001', 'NaN'],
    random => `${sign(random)}${digits(random, 8)}.5`,
  ),
  kind('float4', asFloat, [...floats, '3.4028235e38', '-3.4028235e38', '1.4e-45', '16777217'], drawSingle),
  kind('float8', asFloat, [...floats, ...doubles], drawDouble),
  shownOnly(
    'point',
    ['(0,0)', '(-0,1e-7)', '(1.5,-2)', '(NaN,Infinity)', '(-Infinity,1.7976931348623157e308)'],
    asPoint,
  ),
  kind('uuid', asText, ['00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'], drawUuid),
  kind(
    'bytea',
    asText,
    [
      '\\x',
      '\\x00',
      `\\x${Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0')).join('')}`,
      'a\\\\b\\001',
    ],
    random => `\\x${digits(random, 20)}${digits(random, 20)}`.replace(/^(..(?:..)*).?$/, '$1'),
  ),
  kind('inet', asText, [
    '192.168.1.5',
    '192.168.1.5/24',
    '0.0.0.0/0',
    '10.1.2.3/32',
    '::1',
    '::/0',
    '::ffff:1.2.3.4',
    '2001:db8::ff00:42:8329/64',
    'fe80::1/128',
  ]),
  kind('cidr', asText, ['192.168.1.0/24', '10.0.0.1/32', '0.0.0.0/0', '::/0', '2001:db8::/32', '::1/128']),
  kind('macaddr', asText, ['08:00:2b:01:02:03', 'FF-FF-FF-FF-FF-FF', '00:00:00:00:00:00']),
]
