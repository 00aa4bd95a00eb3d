// What can go wrong on the wire, other than what the server says.

/** The connection is gone, or cannot be trusted any more. */
export class LostConnectionError extends Error {}

/** What came is not PostgreSQL's protocol, or more than we hold: nothing after it can be trusted. */
export class ProtocolError extends LostConnectionError {}

/** More than we are ready to hold of one result. */
export class ResultTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`The result has more than ${maxBytes} bytes.`)
  }
}
