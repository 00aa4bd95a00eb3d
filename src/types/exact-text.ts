// Spells a scalar as text without losing a digit or a character.

/**
 * The value as text that PostgreSQL can store: undefined where it has a NUL or a lone surrogate, or is a number that JSON has already rounded.
 * 9007199254740993 in a JSON body arrives as …992: somebody else.
 */
export function exactText(value: string | number | boolean): string | undefined {
  if (typeof value === 'number') return isExact(value) ? String(value) : undefined
  if (typeof value === 'boolean') return String(value)
  return value.includes('\0') || !value.isWellFormed() ? undefined : value
}

/** Whether a number still is what the sender wrote, so far as one can tell: whole numbers within ±2^53, any fraction. */
export function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)
}
