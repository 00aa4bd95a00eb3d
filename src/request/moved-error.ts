// The path is right but for its trailing slash: 308 to the one without.
export class MovedError extends Error {
  readonly location: string

  constructor(location: string) {
    super('moved')
    this.name = 'MovedError'
    // One slash only: two would name another host, and a browser takes a backslash for a slash.
    this.location = location.replace(/^[/\\]+/, '/')
  }
}
