// The formats that a list can have, in the order in which they are taken where the caller does not mind.
import { csv, csvWithoutHeader } from './csv.ts'
import type { ExportFormat } from './export-format.ts'
import type { MediaOffer } from './media-offer.ts'
import { ndjson } from './ndjson.ts'

/** What everything else answers in. */
export const plainJson: MediaOffer = { mediaType: 'application/json', parameters: { charset: 'utf-8' } }

/** JSON:API 1.1, section 3. Its parameters are read apart: none tells one answer from another. */
export const jsonApiType = 'application/vnd.api+json'
export const jsonApi: MediaOffer = { mediaType: jsonApiType, parameters: {} }

export const exportFormats: readonly ExportFormat[] = [ndjson, csv, csvWithoutHeader]
