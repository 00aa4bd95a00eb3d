// A media type that an answer can have, with the parameters that it would carry.

export interface MediaOffer {
  /** `text/csv`, in lower case. */
  readonly mediaType: string
  /** By lower-case name, values in lower case. A range that asks for another value of one of these does not mean this offer. */
  readonly parameters: Readonly<Record<string, string>>
}
