// Lays rows out as a table as wide as they are, or where the terminal is narrower, one below the other.

/** Of the last column at least so much is shown in a table. */
const leastOfLast = 24

/**
 * @param header the titles; the last column is cut where it is too long
 * @param width of the terminal; null where the text goes to a file or a program, and nothing is cut
 * @returns lines, the first of which is the header where it is a table
 */
export function toTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | null,
): { readonly header: string | null; readonly lines: readonly string[] } {
  const widths = header.map((title, i) => Math.max(...[title, ...rows.map(row => row[i] ?? '')].map(lengthOf)))
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0)
  const left = width === null ? Number.POSITIVE_INFINITY : width - before
  if (left < Math.min(leastOfLast, widths.at(-1) ?? 0))
    return { header: null, lines: toBlocks(header, rows, width ?? 80) }
  const toLine = (cells: readonly string[]) =>
    cells
      .map((cell, i) =>
        i === cells.length - 1 ? cut(cell, left) : cell + ' '.repeat((widths[i] ?? 0) - lengthOf(cell)),
      )
      .join('  ')
      .trimEnd()
  return { header: toLine(header), lines: rows.map(toLine) }
}

/** What is empty is left out. */
function toBlocks(header: readonly string[], rows: readonly (readonly string[])[], width: number): readonly string[] {
  const name = Math.max(...header.map(lengthOf))
  return rows.flatMap((row, at) => [
    ...(at > 0 ? [''] : []),
    ...header.flatMap((title, i) => {
      const cell = row[i] ?? ''
      return cell === '' ? [] : [`${title.padEnd(name)}  ${cut(cell, Math.max(width - name - 2, 8))}`]
    }),
  ])
}

function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(width - 1, 0)).join('')}…`
}

function lengthOf(text: string): number {
  return [...text].length
}
