// Spells the fraction of a second.

/** `120` as `.12`, `000` and nothing as nothing. */
export function canonicalFraction(digits: string | undefined): string {
  const kept = (digits ?? '').replace(/0+$/, '')
  return kept && `.${kept}`
}
