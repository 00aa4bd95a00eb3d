// A request as any server hands it over: method, target, headers, a body to be read, and a caller who may hang up.

/** Who asks, as the connection says or the trusted proxies before it. */
export interface Client {
  /** An IP address without a port; empty where it is not known. */
  readonly address: string
  readonly scheme: 'http' | 'https'
  /** The name that was asked for, with its port: `api.example.com:8443`. */
  readonly host: string
}

export interface HttpRequest {
  /** Absent where nothing came over a network. */
  readonly client?: Client
  readonly method: string
  /** The request target: `/api/videos?fields=title`. */
  readonly target: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Reads the body as it came, once: who asks again gets the same bytes, under the bound of the first. @throws ApiError `payload_too_large` past `maxBytes` */
  body(maxBytes: number): Promise<Uint8Array>
  /** Whether the caller hung up before it was answered. */
  isGone(): boolean
  /**
   * Calls once the caller has hung up. Absent where nobody can tell.
   * @returns a function that ends it
   */
  whenGone?(call: () => void): () => void
  /** Absent where nobody watches. */
  readonly watch?: Watch
}

/** Told how a request goes, by those who know. */
export interface Watch {
  /** How long it stayed in a room. */
  readonly stage?: ((room: string, ms: number) => void) | undefined
  /** For how long it was held on purpose: for an outcome, or as an event stream. */
  readonly held?: ((ms: number) => void) | undefined
  readonly identified?: ((id: string | null) => void) | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Byte text: one character a byte. */
  readonly body: string
  /**
   * In place of the body: byte text piece by piece, made as it is read. It has to be read to its end or be returned from, even where the caller is
   * gone; where it throws, the answer must not look whole.
   */
  readonly stream?: AsyncIterable<string>
  /** Headers that stand behind a stream: their names, and their values once it has ended. For who can read them. */
  readonly trailers?: Trailers
}

export interface Trailers {
  readonly names: readonly string[]
  readonly values: () => Readonly<Record<string, string>>
}

export function header(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
