// The names of files that are not whole yet: they hold a point, so that no name of a file can be one.
import { randomUUID } from 'node:crypto'

/** A draft stands in the folder of its file: a rename from elsewhere may be a copy, which is to be seen half-way. */
export function draftOf(path: string): string {
  return `${path}.${randomUUID()}.part`
}

export function isDraft(entry: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}\.[0-9a-f-]{36}\.part$/.test(entry)
}
