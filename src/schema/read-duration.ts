// Reads how long something takes or lasts, as a definition says it.

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** @returns milliseconds; NaN for what is no duration, such as `30` without a unit */
export function readDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(number) * (units[unit as keyof typeof units] ?? Number.NaN)
}
