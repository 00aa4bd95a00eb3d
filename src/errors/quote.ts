// Quotes what came from outside, cut where it is long: an error must not grow with its cause.

const longest = 100

/** The value as JSON. */
export function quote(value: unknown): string {
  const text = String(JSON.stringify(value))
  if (text.length <= longest) return text
  const end = typeof value === 'string' ? '…"' : '…'
  return text.slice(0, longest - end.length).toWellFormed() + end
}
