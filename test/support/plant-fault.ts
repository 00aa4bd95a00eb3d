// Plants a fault in a copy of the sources, and takes it out again: what is unchanged at its place need not be compiled anew for the next one.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'

/** A piece of the sources, and what stands in its place. */
export interface Planting {
  readonly file: string
  readonly find: string
  readonly put: string
}

/** @param sources the folder that is copied */
export async function copySources(sources: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await cp(sources, to, { recursive: true, filter: path => !path.endsWith('.test.ts') })
}

/**
 * @param sources what the copy was made of
 * @returns takes the fault out again
 * @throws Error where a piece is not there exactly once; it may be broken into lines otherwise than it is written
 */
export async function plantFault(
  { name, edits }: { readonly name: string; readonly edits: readonly Planting[] },
  sources: string,
  copy: string,
): Promise<() => Promise<void>> {
  for (const { file, find, put } of edits) {
    const text = await readFile(`${copy}/${file}`, 'utf8')
    const places = text.match(toPattern(find))?.length ?? 0
    if (places !== 1) throw new Error(`${file} has ${places} places to plant "${name}" in, not one: ${find}`)
    await writeFile(
      `${copy}/${file}`,
      text.replace(toPattern(find), () => put),
    )
  }
  const files = new Set(edits.map(({ file }) => file))
  return async () => {
    for (const file of files) await cp(`${sources}/${file}`, `${copy}/${file}`)
  }
}

function toPattern(find: string): RegExp {
  const parts = find.trim().split(/\s+/)
  return new RegExp(parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+'), 'g')
}
