// Turns the table of JSON:API statements into the page `docs/jsonapi.md`.
import type { Statement } from '../test/jsonapi/statement.ts'

const head = `# JSON:API

<!-- Generated from test/jsonapi/ by \`npm run docs\`. Do not edit. -->

Every resource is served as [JSON:API 1.1](https://jsonapi.org/format/1.1/) too: same roles, same records, same errors,
in documents. Whoever asks for it gets it; nothing is to be switched on.

\`\`\`sh
curl -g -H 'Accept: application/vnd.api+json' \\
  '127.0.0.1:8080/api/videos?include=user&fields[videos]=title,user&fields[users]=username&page[size]=1'
\`\`\`

\`\`\`json
{
  "jsonapi": { "version": "1.1" },
  "data": [{
    "type": "videos", "id": "1", "attributes": { "title": "Welcome to Videos" },
    "relationships": { "user": {
      "links": { "self": "/api/videos/1/relationships/user", "related": "/api/videos/1/user" },
      "data": { "type": "users", "id": "1" }
    } }
  }],
  "included": [{ "type": "users", "id": "1", "attributes": { "username": "admin" }, "relationships": {} }],
  "links": { "self": "…", "first": "…", "prev": null, "next": "…" }
}
\`\`\`

## How it is asked for

- \`Accept: application/vnd.api+json\`. Without an \`Accept\`, or with \`*/*\`, a request whose body is JSON:API is answered so,
  and so is every path below \`/relationships/\`. Other parameters than \`ext\` and \`profile\`, or an extension that is not
  there, are 406 in \`Accept\` and 415 in \`Content-Type\`.
- \`type\` is the name of the resource. \`id\` is the key as text; of a composite key its parts joined by commas, with \`~1\` for a
  comma and \`~0\` for a tilde inside a part. A column called \`type\` is the attribute \`type_field\`, an \`id\` that is not the key
  \`id_field\`. A resource without a key has no ids, so it is 406 here.
- A foreign key is the linkage of its relationship, and null where the record is not to be seen. To-many relationships show
  links; what is included shows linkage as well.

## What can be said

| | |
|---|---|
| parameters | \`include\`, \`fields[TYPE]\`, \`filter\`, \`sort\`, \`page\`, \`aggregate_by\`, \`group_by\`, \`scope_by\`; all others are 400 |
| \`include\` | paths with dots; \`include[comments][limit]\`, \`[sort]\` and \`[filter]\` say which and how many. A list that was cut has \`links.next\` in its relationship; where the query stood in a body, \`meta.included\` says so |
| \`fields[TYPE]\` | fields of every record of that type; \`links\` among them is the record's link to itself |
| pages | \`page[size]\` with \`page[after]\` and \`page[before]\` (the cursor-pagination profile, named in \`Content-Type\`), or with \`page[number]\` and \`page[offset]\`; \`page[total]\` |
| writes | \`POST\`, \`PATCH\`, \`DELETE\` of one record, and of relationships at \`/api/videos/1/relationships/tags\`; no \`PUT\` |
| operations | \`POST /api/operations\` with the extension \`https://jsonapi.org/ext/atomic\`, \`lid\` included |
| errors | as everywhere ([errors](errors.md)), with \`source.pointer\` into the document |

Everything else is as in plain JSON: [writing](writing.md), [caching](caching.md), [versions](versions.md) (in the path),
[idempotency](idempotency.md).

## The statements of the specification

Each normative statement of the specification by its id, with what it asks in short and how it is met. *HTTP*: a test makes the
requests over HTTP, on every database that the tests run on. *Client*: asked of clients. *None*: nothing here is such a thing.
`

/** The page as Markdown: one table a topic. */
export function describeJsonApi(statements: ReadonlyMap<string, readonly Statement[]>): string {
  const sections = [...statements].map(([topic, rows]) =>
    [
      `### ${topic}`,
      '',
      '| statement | asks that | how |',
      '|---|---|---|',
      ...rows.map(row => `| \`${row.id}\` | ${cell(row.says)} | ${cell(howOf(row))} |`),
      '',
    ].join('\n'),
  )
  return `${head}\n${sections.join('\n')}`
}

function howOf(row: Statement): string {
  if ('met' in row) return 'HTTP'
  return 'client' in row ? `Client; ${row.client}` : `None: ${row.never}`
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
