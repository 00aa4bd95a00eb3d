// What a read is answered with, and what that is made from.
import type { CursorValues } from '../access/cursors.ts'
import type { PermittedRead } from '../access/permitted.ts'
import type { WriteRecord } from '../formats/json-record.ts'
import type { PlanCaching } from '../plan/plan-cache.ts'
import type { ReadPlan } from '../plan/plan-read.ts'
import type { Trailers } from '../request/http-request.ts'
import type { CommandState } from './command-state.ts'

export type Headers = Readonly<Record<string, string>>

export interface ReadAnswer {
  /** 200 where it is not said. */
  readonly status?: number
  /** Byte text. */
  readonly body: string
  /** In place of a body: byte text piece by piece, made as it is read. */
  readonly stream?: AsyncIterable<string>
  /** The Cache-Control of an answer that is the same for everybody, to who came without credentials. */
  readonly shared?: string | null
  readonly trailers?: Trailers
  readonly headers: Readonly<Record<string, string>>
  /** Of a command, as far as its caller may know it. */
  readonly state?: CommandState
  /** Of one record in plain JSON: how many bytes of the body stand behind it. */
  readonly tail?: number
}

export interface AnswerContext {
  readonly read: PermittedRead
  readonly plan: ReadPlan & { readonly caching: PlanCaching }
  readonly write: WriteRecord
  readonly method: string
  /** `/api`, with the version where the caller gave one. */
  readonly base: string
  /** The canonical path of the request, and the query that came with it. */
  readonly path: string
  readonly search: string
  /** The query came in a body: cursors stand in `meta.page` in place of links. */
  readonly fromBody: boolean
  /** Of an answer of linkage: where the records themselves are. */
  readonly related?: string
  readonly seal: (values: CursorValues) => string
  /** Whose list it is, for its validator. */
  readonly listAccess?: string
}
