// An answer as it is kept.

export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Byte text. */
  readonly body: string
}
