// Breaks a statement into lines for people. Changes nothing but the space between words.

const clauses = [
  'from',
  'where',
  'order by',
  'group by',
  'limit',
  'offset',
  'left join',
  'cross join',
  'join',
  'union all',
]
const word = /^(?:[a-z]+(?: (?:by|join|all)\b)?)/

/** A clause a line; a subquery is set in. */
export function formatSql(text: string): string {
  // For each open parenthesis, whether it holds a subquery.
  const open: boolean[] = []
  let formatted = ''
  const newLine = () => `\n${'  '.repeat(open.filter(Boolean).length)}`
  for (let i = 0; i < text.length; ) {
    const rest = text.slice(i)
    const piece =
      /^(?:'(?:[^']|'')*'|"(?:[^"]|"")*")/.exec(rest)?.[0] ??
      (/\w$/.test(text[i - 1] ?? '') ? '' : (word.exec(rest)?.[0] ?? ''))
    if (piece === '') {
      if (text[i] === '(') open.push(/^\(\s*select\b/.test(rest))
      const closes = text[i] === ')' && open.pop() === true
      formatted = closes ? `${formatted.trimEnd()}${newLine()})` : formatted + text[i]
      if (text[i] === '(' && open.at(-1)) formatted += newLine()
      i += 1
      continue
    }
    const breaks = clauses.includes(piece) && open.at(-1) !== false && !/\bdistinct $/.test(formatted)
    formatted = breaks ? `${formatted.trimEnd()}${newLine()}${piece}` : formatted + piece
    i += piece.length
  }
  return formatted
}
