// The reason that the signal of an attempt is aborted with.

export type AbortCause = 'timeout' | 'cancelled' | 'lost' | 'stopping'

const messages: Readonly<Record<AbortCause, string>> = {
  timeout: 'The attempt took longer than it may.',
  cancelled: 'The request was cancelled.',
  lost: 'The lease has ended: another worker may perform the request.',
  stopping: 'The worker stops.',
}

export class AttemptAborted extends Error {
  readonly why: AbortCause

  constructor(why: AbortCause) {
    super(messages[why])
    this.name = 'AttemptAborted'
    this.why = why
  }
}
