// Turns the catalogue of errors into the page `docs/errors.md`.
import { STATUS_CODES } from 'node:http'

type Catalog = Readonly<Record<string, { readonly status: number; readonly title: string; readonly remedy: string }>>

const head = `# Errors

<!-- Generated from src/errors/catalog.ts by \`npm run docs\`. Do not edit. -->

Every error that an API of Colonnade answers, by status. The body is \`{"errors":[…]}\` in every format, and each entry
is an [error object of JSON:API](https://jsonapi.org/format/#error-objects):

\`\`\`json
{
  "id": "the Request-Id of the answer",
  "status": "400",
  "code": "unknown_field",
  "title": "Unknown field",
  "detail": "Unknown field \\"nmae\\" in fields[users]. Did you mean \\"name\\"?",
  "source": { "parameter": "fields[users]" },
  "links": { "about": "/docs/errors#unknown_field" }
}
\`\`\`

\`code\` is stable and meant for programs; \`title\` belongs to the code; \`detail\` says what was wrong this time and what
would work; \`source\` says where: a URL \`parameter\`, a JSON \`pointer\` into the body, or a \`header\`.
`

/** The page as Markdown: one table a status, each row with an anchor of its code, so that `links.about` finds it. */
export function describeErrors(catalog: Catalog): string {
  const codes = Object.keys(catalog)
  const statuses = [...new Set(codes.map(code => catalog[code]!.status))].sort((a, b) => a - b)
  const sections = statuses.map(status => {
    const rows = codes
      .filter(code => catalog[code]!.status === status)
      .map(
        code => `| <a id="${code}"></a>\`${code}\` | ${cell(catalog[code]!.title)} | ${cell(catalog[code]!.remedy)} |`,
      )
    return [
      `## ${status} ${STATUS_CODES[status]}`,
      '',
      '| code | title | what to do |',
      '|---|---|---|',
      ...rows,
      '',
    ].join('\n')
  })
  return `${head}\n${sections.join('\n')}`
}

/** A bar would end the cell, an angle bracket would begin a tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
