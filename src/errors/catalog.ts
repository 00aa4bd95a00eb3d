// Every error that a caller can meet, one row each; `docs/errors.md` is generated from it.

interface Row {
  readonly status: number
  readonly title: string
  /** What the caller can do about it, for the documentation. */
  readonly remedy: string
}

export const catalog = {
  bad_encoding: { status: 400, title: 'Badly encoded text', remedy: 'Percent-encode strictly as UTF-8; NUL is never allowed.' },
  bad_parameter_name: { status: 400, title: 'Malformed parameter name', remedy: 'Balance the brackets: name[part][part]; nothing may follow a closing bracket but another bracket.' },
  bad_list: { status: 400, title: 'Malformed list', remedy: 'Write a list as k=a,b or k[]=a&k[]=b or k[0]=a&k[1]=b, one form for a key.' },
  repeated_parameter: { status: 400, title: 'Parameter given twice', remedy: 'Give each parameter once; for several values write a list.' },
  said_twice: { status: 400, title: 'The same thing said in two ways', remedy: 'Keep one spelling, or give both the same value.' },
  unknown_parameter: { status: 400, title: 'Unknown parameter', remedy: 'See OPTIONS on the resource for the parameters and filters that you may use.' },
  unknown_field: { status: 400, title: 'Unknown field', remedy: 'See OPTIONS on the resource for its fields and relationships.' },
  unknown_operator: { status: 400, title: 'Unknown operator', remedy: 'The detail lists the operators or functions that this field takes.' },
  invalid_value: { status: 400, title: 'Value of the wrong type', remedy: 'The detail says which values are accepted.' },
  unsupported_sort: { status: 400, title: 'Not sortable', remedy: 'Sort by a field of the resource or of a record that it belongs to.' },
  limit_exceeded: { status: 400, title: 'Request too large', remedy: 'meta.limit is the bound; ask for less, or in several requests.' },
  page_size_too_large: { status: 400, title: 'Page too large', remedy: 'meta.page.maxSize is the largest page.' },
  page_kind_mixed: { status: 400, title: 'Two kinds of paging at once', remedy: 'Use page[number] and page[offset], or page[after] and page[before], or Range.' },
  invalid_cursor: { status: 400, title: 'Invalid cursor', remedy: 'Use a cursor as it stood in links.next or links.prev.' },
  cursor_mismatch: { status: 400, title: 'Cursor of another list', remedy: 'A cursor belongs to its resource, sort and caller; start again from the first page.' },
  group_needs_aggregate: { status: 400, title: 'Group without aggregate', remedy: 'Add aggregate[FIELD]=count, for example.' },
  too_many_groups: { status: 400, title: 'Too many groups', remedy: 'Filter first, or group by a field with fewer values.' },
  query_in_two_places: { status: 400, title: 'Query in the URL and in the body', remedy: 'Move all of it into the body.' },
  malformed_body: { status: 400, title: 'Malformed body', remedy: 'Send one well-formed JSON object without duplicate keys.' },
  missing_content_type: { status: 400, title: 'Content-Type missing', remedy: 'Send Content-Type: application/json.' },
  invalid_idempotency_key: { status: 400, title: 'Malformed Idempotency-Key', remedy: 'Send a string of 1 to 255 printable ASCII characters, such as a UUID; without a token at least 22, chosen at random.' },
  bad_request: { status: 400, title: 'Malformed request', remedy: 'The detail says what was wrong.' },
  filter_needed: { status: 400, title: 'Filter missing', remedy: 'A write of many records says which: by a list of them, or by filter and max_affected.' },
  max_affected_needed: { status: 400, title: 'max_affected missing', remedy: 'Say how many records it may be at most: max_affected=N, or Prefer: max-affected=N.' },
  version_needed: { status: 400, title: 'Version missing', remedy: 'Name a version in the path (/api/v1/…) or in Accept; the detail lists what there is.' },
  versions_at_odds: { status: 400, title: 'Two versions at once', remedy: 'Name one version: in the path, or in Accept.' },
  unauthenticated: { status: 401, title: 'Authentication required', remedy: 'Send Authorization: Bearer TOKEN.' },
  invalid_token: { status: 401, title: 'Token not accepted', remedy: 'Get a new token; the detail says what is wrong with this one.' },
  forbidden: { status: 403, title: 'Not permitted', remedy: 'Your roles do not permit this.' },
  host_not_allowed: { status: 403, title: 'Host not allowed', remedy: 'An open server answers on a loopback name only.' },
  not_found: { status: 404, title: 'Not found', remedy: 'Check the path; a record that you may not see answers the same.' },
  method_not_allowed: { status: 405, title: 'Method not allowed', remedy: 'The header Allow lists the methods of this path.' },
  not_acceptable: { status: 406, title: 'No acceptable format', remedy: 'The detail lists the media types that there are.' },
  request_timeout: { status: 408, title: 'Request too slow', remedy: 'Send the whole request at once.' },
  conflict: { status: 409, title: 'Conflict', remedy: 'What is there stands in the way; read it again, then try once more or otherwise.' },
  idempotency_key_in_use: { status: 409, title: 'Idempotency-Key in use', remedy: 'Send the same request again after Retry-After seconds: it is answered once the first is done.' },
  idempotency_rights_changed: { status: 409, title: 'Other rights than at first', remedy: 'The key was used with other roles or claims; read what is there, or send the request with a new key.' },
  too_many_affected: { status: 409, title: 'More records than max_affected', remedy: 'Nothing was done; filter more closely, or allow more.' },
  version_gone: { status: 410, title: 'Version no longer served', remedy: 'Use a later version; the header Link says where to read about it.' },
  precondition_failed: { status: 412, title: 'Precondition failed', remedy: 'The record is not as If-Match or If-None-Match says; read it again.' },
  payload_too_large: { status: 413, title: 'Body too large', remedy: 'meta.limit is the bound in bytes.' },
  uri_too_long: { status: 414, title: 'URL too long', remedy: 'Send the query in a body: POST …/query or the method QUERY.' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type', remedy: 'Send application/json, in UTF-8.' },
  unsupported_content_encoding: { status: 415, title: 'Unsupported content encoding', remedy: 'Send the body as it is, or in one of the codings that the header Accept-Encoding of the answer lists.' },
  aggregate_out_of_range: { status: 422, title: 'Aggregate out of range', remedy: 'Filter so that the sum fits its type.' },
  invalid_member: { status: 422, title: 'Value not accepted', remedy: 'The detail says what was wrong and what would work; OPTIONS on the resource shows the schema of its records.' },
  missing_member: { status: 422, title: 'Value missing', remedy: 'A new record needs this field; see OPTIONS on the resource for all that are required.' },
  unknown_member: { status: 422, title: 'Unknown member', remedy: 'See OPTIONS on the resource for the fields that you may write.' },
  link_not_found: { status: 422, title: 'No such record to link to', remedy: 'Give the key of a record that exists and that you may see.' },
  already_exists: { status: 422, title: 'Already there', remedy: 'Another record has this value already; give another, or change that record.' },
  idempotency_key_reused: { status: 422, title: 'Idempotency-Key used for another body', remedy: 'A key belongs to one request: take a new key for another.' },
  headers_too_large: { status: 431, title: 'Headers too large', remedy: 'Send shorter headers.' },
  internal: { status: 500, title: 'Internal error', remedy: 'Report it with the Request-Id; the cause is in the log of the server.' },
  idempotency_unavailable: { status: 503, title: 'Answers cannot be kept', remedy: 'Send the request without Idempotency-Key; whoever runs the server can let its login use the schema colonnade.' },
  unavailable: { status: 503, title: 'Backend unavailable', remedy: 'Try again after Retry-After seconds.' },
  timeout: { status: 503, title: 'Took too long', remedy: 'Ask for less, or filter by an indexed field; then try again.' },
} as const satisfies Record<string, Row>

export type ErrorCode = keyof typeof catalog
