// Makes text of users' code such that PostgreSQL takes it, in `text` and in `jsonb`.

/**
 * Without the character 0, which PostgreSQL has not, and without halves of surrogate pairs, which are no text: where one stands,
 * U+FFFD is.
 *
 * @param max characters at most; what is beyond is cut off
 */
export function toStorable(text: string, max: number): string {
  return text.slice(0, max).replaceAll('\0', '\ufffd').toWellFormed()
}
