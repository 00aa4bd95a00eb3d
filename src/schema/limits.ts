// How much one request may ask for. Each limit is an option of the API, and each has an answer that names it.

export interface Limits {
  readonly keyDepth: number
  readonly filterNodes: number
  readonly listItems: number
  readonly includeDepth: number
  readonly sortKeys: number
  readonly offset: number
  readonly urlBytes: number
  readonly headerBytes: number
  readonly bodyBytes: number
  /** The largest number of rows that includes may multiply to: page size times the limits along a path. */
  readonly includedRows: number
  readonly groups: number
  readonly searchBytes: number
  /** Records of a list that is exported whole, as CSV or NDJSON. */
  readonly maxExportRows: number
}

export const defaultLimits: Limits = {
  keyDepth: 10,
  filterNodes: 100,
  listItems: 1000,
  includeDepth: 4,
  sortKeys: 8,
  offset: 100_000,
  urlBytes: 16_384,
  headerBytes: 16_384,
  bodyBytes: 1_048_576,
  includedRows: 250_000,
  groups: 1000,
  searchBytes: 1024,
  maxExportRows: 1_000_000,
}
