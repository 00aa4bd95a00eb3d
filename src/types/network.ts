// The column types of networks: inet, cidr and macaddr.
import type { ColumnType } from './column-type.ts'
import { type IpAddress, readIpAddress } from './ip-address.ts'

/** Shown as a JSON string with PostgreSQL's own text: `"192.168.1.5"`, `"192.168.1.5/24"`, `"::1"`. */
export const inet: ColumnType = network(
  'inet',
  'an IP address, or one with a prefix length: 192.168.1.5, 2001:db8::1/64',
  ({ text, bits, width }) => (bits === width ? text : `${text}/${bits}`),
)
/** Shown as a JSON string, always with the prefix: `"192.168.1.0/24"`. PostgreSQL refuses bits beyond the prefix. */
export const cidr: ColumnType = network(
  'cidr',
  'a network such as 192.168.1.0/24, with no bit set beyond the prefix',
  ({ text, bits, width, value }) =>
    (value & ((1n << BigInt(width - bits)) - 1n)) === 0n ? `${text}/${bits}` : undefined,
)

/** Shown as a JSON string: `"08:00:2b:01:02:03"`. */
export const macaddr: ColumnType = {
  name: 'macaddr',
  family: 'equal',
  number: null,
  sortable: true,
  parse: value =>
    typeof value === 'string' && /^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})$/i.test(value)
      ? value.toLowerCase().replaceAll('-', ':')
      : undefined,
  accepts: 'a MAC address such as 08:00:2b:01:02:03',
  toJson: text => `"${text}"`,
  jsonSchema: { type: 'string', pattern: '^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$' },
}

interface Network extends IpAddress {
  /** The length of the prefix. */
  readonly bits: number
}

function network(name: string, accepts: string, spell: (network: Network) => string | undefined): ColumnType {
  return {
    name,
    family: 'ordered',
    number: null,
    sortable: true,
    parse: value => {
      const read = typeof value === 'string' ? readNetwork(value) : undefined
      return read && spell(read)
    },
    accepts,
    toJson: text => `"${text}"`,
    jsonSchema: { type: 'string' },
  }
}

function readNetwork(text: string): Network | undefined {
  const [, address = '', prefix] = /^([^/]*)(?:[/](0|[1-9][0-9]{0,2}))?$/.exec(text) ?? []
  const read = readIpAddress(address)
  const bits = Number(prefix ?? read?.width)
  return read && bits <= read.width ? { ...read, bits } : undefined
}
