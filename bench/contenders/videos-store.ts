// What a server written by hand asks of its way to the database.

export interface VideosStore {
  /** Null for one that a guest may not see. */
  findVideo(id: number): Promise<object | null>
  findNewest(filter: VideosFilter): Promise<readonly object[]>
  /** Each with its user and its last comments. */
  findNewestWithComments(filter: VideosFilter): Promise<readonly object[]>
  /** Null where there is no such video for this user. */
  addComment(comment: NewComment): Promise<object | null>
  close(): Promise<void>
}

export interface VideosFilter {
  readonly state: VideoState
  readonly minViewsCount: number
}

export type VideoState = 'draft' | 'published' | 'private'

export interface NewComment {
  readonly text: string
  readonly userId: number
  readonly videoId: number
}
