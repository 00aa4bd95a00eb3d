// Says in an answer what was done of what its caller preferred (RFC 7240, section 3).

export function addPreference(
  headers: Readonly<Record<string, string>>,
  applied: string,
): Readonly<Record<string, string>> {
  const before = headers['preference-applied']
  return { ...headers, 'preference-applied': before === undefined ? applied : `${before}, ${applied}` }
}
