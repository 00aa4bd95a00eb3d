// Who is calling. Made once a request by `identify`; everything that depends on the caller reads only this.

export interface Principal {
  /** Null for the anonymous principal. */
  readonly id: string | null
  /** The registered client whose key was shown. */
  readonly client?: string
  /** He showed a token, which can be revoked before its time. */
  readonly token?: true
  /** The claims of the token, own properties only. A policy's `principal('team_id')` reads `claims.team_id`; `principal('id')` reads `id`. */
  readonly claims: ReadonlyMap<string, unknown>
  /**
   * For an answer that goes on for long: whether the credentials are still good.
   * @throws ApiError once they have ended or were revoked, perhaps as a rejection
   */
  readonly recheck?: () => unknown
}

export const anonymous: Principal = { id: null, claims: new Map() }
