// Asks another server for a text, within bounds of time and size, and only where nobody on the way can change it.

export interface FetchOptions {
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent with POST; without it the method is GET. */
  readonly form?: URLSearchParams
}

/**
 * A redirection is not followed: it could lead anywhere.
 * @throws Error for another status than 200, past the bounds, or where nobody answers
 */
export async function fetchText(url: string, { timeoutMs, maxBytes, headers, form }: FetchOptions): Promise<string> {
  const response = await fetch(url, {
    // The whole of it, the body too.
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
    headers: { accept: 'application/json', ...headers },
    ...(form && { method: 'POST', body: form }),
  }).catch((error: Error) => {
    // What went wrong stands below "fetch failed".
    const { message } = error.cause instanceof Error ? error.cause : error
    throw new Error(`${hostOf(url)} cannot be asked: ${message}`, { cause: error })
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`${hostOf(url)} answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`${hostOf(url)} answered more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws Error for a URL that is not `https:`, or `http:` on a loopback address */
export function checkSecureUrl(url: string, what: string): void {
  const { protocol, hostname } = URL.parse(url) ?? {}
  if (protocol === 'https:') return
  if (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname ?? '')) return
  throw new Error(`${what} has to be an https: URL; http: is for a loopback address alone.`)
}

const hostOf = (url: string) => new URL(url).host
