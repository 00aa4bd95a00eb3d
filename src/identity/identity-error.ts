// Something about identity that fails beside the requests: an issuer's keys, the times of last use.

/** Told to whoever runs the server; the `cause` says why. */
export class IdentityError extends Error {}
