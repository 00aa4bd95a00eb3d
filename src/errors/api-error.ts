// The caller's mistakes, as one class: a code of the catalogue, what was wrong, and where.
import { catalog, type ErrorCode } from './catalog.ts'

/** Where the mistake stands: a URL parameter, a JSON pointer into the body, or a header. */
export type Source = { readonly parameter: string } | { readonly pointer: string } | { readonly header: string }

export interface ErrorOptions {
  readonly source?: Source | undefined
  /** Machine-readable facts, such as the limit that was exceeded. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** Headers that the answer must carry, such as `Allow` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Our own mistake or the database's, kept for the log and never shown. */
  readonly cause?: unknown
}

/** One entry of `errors` in a response body; the shape is JSON:API's error object. */
export interface ErrorObject {
  readonly id: string
  readonly status: string
  readonly code: ErrorCode
  readonly title: string
  readonly detail: string
  readonly source?: Source
  readonly links: { readonly about: string }
  readonly meta?: Readonly<Record<string, unknown>>
}

/**
 * An error that is the caller's to mend. `detail` says what was wrong and what would work:
 * `Unknown field "nmae" in fields[users]. Did you mean "name"?`
 */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly source: Source | undefined
  readonly meta: Readonly<Record<string, unknown>> | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, detail: string, options: ErrorOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'ApiError'
    this.code = code
    this.status = catalog[code].status
    this.source = options.source
    this.meta = options.meta
    this.headers = options.headers ?? {}
  }

  /** The error as it stands in a body; `id` is the request's id. */
  toObject(id: string): ErrorObject {
    return {
      id,
      status: String(this.status),
      code: this.code,
      title: catalog[this.code].title,
      detail: this.message,
      ...(this.source && { source: this.source }),
      links: { about: `/docs/errors#${this.code}` },
      ...(this.meta && { meta: this.meta }),
    }
  }
}
