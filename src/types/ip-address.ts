// Reads an IP address. Written out because node:net belongs to I/O, and takes zones (`fe80::1%eth0`) that PostgreSQL refuses.

export interface IpAddress {
  readonly width: 32 | 128
  /** One text for one address: dotted, or eight groups without leading zeros. */
  readonly text: string
  readonly value: bigint
}

/** Undefined for what is neither four dotted numbers nor an IPv6 address (RFC 4291, 2.2). */
export function readIpAddress(text: string): IpAddress | undefined {
  const bytes = readIpv4(text)
  if (bytes) return { width: 32, text, value: join(bytes, 8n) }
  const groups = text.length <= 45 && text.includes(':') ? readIpv6(text) : undefined
  return groups && { width: 128, text: groups.map(group => group.toString(16)).join(':'), value: join(groups, 16n) }
}

function readIpv4(text: string): readonly number[] | undefined {
  if (!/^(?:(?:0|[1-9][0-9]{0,2})(?:[.](?!$)|$)){4}$/.test(text)) return undefined
  const bytes = text.split('.').map(Number)
  return bytes.every(byte => byte <= 255) ? bytes : undefined
}

function readIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [left, right] = [readGroups(halves[0], halves.length === 1), readGroups(halves[1], true)]
  if (!left || !right) return undefined
  const missing = 8 - left.length - right.length
  // `::` stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...left, ...Array<number>(missing).fill(0), ...right]
}

function readGroups(half: string | undefined, endsAddress: boolean): readonly number[] | undefined {
  if (!half) return []
  const groups: number[] = []
  const parts = half.split(':')
  for (const [i, part] of parts.entries()) {
    // The last 32 bits may be dotted: ::ffff:1.2.3.4.
    const bytes = endsAddress && i === parts.length - 1 ? readIpv4(part) : undefined
    if (bytes) groups.push(Number(join(bytes.slice(0, 2), 8n)), Number(join(bytes.slice(2), 8n)))
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

function join(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((total, part) => (total << bits) | BigInt(part), 0n)
}
