// Compares decimal numbers of any size by their digits.

/** Negative, zero or positive, for texts such as `-12.50`, `+7`, `.5`, `Infinity`; as in PostgreSQL, `NaN` is above all. */
export function compareDecimals(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)]
  if (left !== right || left !== 0) return left - right
  const [x, y] = [splitDecimal(a), splitDecimal(b)]
  if (x.negative !== y.negative) return x.negative ? -1 : 1
  const order = x.whole.length - y.whole.length || compareText(x.whole, y.whole) || compareText(x.fraction, y.fraction)
  return x.negative ? -order : order
}

export interface Decimal {
  readonly negative: boolean
  /** Without zeros in front. */
  readonly whole: string
  /** Without zeros at the end. */
  readonly fraction: string
}

export function splitDecimal(text: string): Decimal {
  const [, sign, digits = '', rest = ''] = /^([+-]?)([0-9]*)(?:[.]([0-9]*))?$/.exec(text) ?? []
  const whole = digits.replace(/^0+/, '')
  let end = rest.length
  while (end > 0 && rest.charCodeAt(end - 1) === 0x30) end--
  const fraction = rest.slice(0, end)
  return { negative: sign === '-' && whole + fraction !== '', whole, fraction }
}

function rankOf(text: string): number {
  return text === 'NaN' ? 2 : text === 'Infinity' ? 1 : text === '-Infinity' ? -1 : 0
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
