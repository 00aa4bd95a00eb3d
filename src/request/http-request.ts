// A request as any server hands it over: method, target, headers, a body to be read, and a caller who may hang up.

export interface HttpRequest {
  readonly method: string
  /** The request target: `/api/videos?fields=title`. */
  readonly target: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Reads the body. @throws ApiError `payload_too_large` past `maxBytes` */
  body(maxBytes: number): Promise<Uint8Array>
  /** Calls back once when the caller hangs up before it was answered; gives a function that stops listening. */
  onGone(callback: () => void): () => void
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function header(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
