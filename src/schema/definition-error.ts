// What is wrong with a definition: all of it at once, each with its place.
export class DefinitionError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The definition does not fit:\n${problems.map(one => `  - ${one}`).join('\n')}`)
    this.name = 'DefinitionError'
    this.problems = problems
  }
}
