// Asks a question over HTTP in one of its spellings, and holds what comes against the naive answer.
import { answer, isItem } from './answer.ts'
import { type Asked, type Asking, compare, isEmpty } from './compare.ts'
import { compareDocuments } from './compare-document.ts'
import type { Include, Question } from './question.ts'
import { spellCamel } from './spell-camel.ts'
import type { Form } from './spell-condition.ts'
import { spellQuestion } from './spell-question.ts'
import { resolveWalk, walk } from './walk.ts'
import { walkRange } from './walk-range.ts'
import { keyDepth, maxKeyDepth, type Request, writeRequest } from './write-request.ts'

const defaultSize = 25

/**
 * Some of the questions are asked a second time as JSON:API.
 * @throws Mismatch where the API and the model differ
 */
export async function ask(asking: Asking, drawn: Question): Promise<Asked> {
  const asked = await askPlainly(asking, drawn)
  // What a header says of the list, and camelCase, is asked plainly alone.
  if (asking.camel || drawn.page.kind === 'range' || !asking.choices.chance(asksDocuments)) return asked
  const documents = await compareDocuments(asking, resolveWalk(asking.view, drawn))
  return { ...asked, requests: asked.requests + documents, documents }
}

/** In a hundred. */
const asksDocuments = Number(process.env.DIFFERENTIAL_DOCUMENTS ?? 30)

async function askPlainly(asking: Asking, drawn: Question): Promise<Asked> {
  const { view, choices } = asking
  const inHeader = drawn.page.kind === 'range'
  const form: Form = !isItem(drawn) && !inHeader && choices.chance(35) ? 'body' : 'url'
  const { question, request } = write(asking, form, resolveWalk(view, drawn))
  if (question.page.kind === 'walk') return walk(asking, question, question.page.size, request)
  const { page } = question
  if (page.kind === 'range') return walkRange(asking, { ...question, page }, request)
  const size = page.size ?? defaultSize
  const from = page.kind === 'offset' ? ((page.number ?? 1) - 1) * size + (page.offset ?? 0) : 0
  const { answered } = await compare(asking, request, answer(view, question, from, size))
  return { requests: 1, isEmpty: isEmpty(answered), documents: 0 }
}

/** A question as a request in one of its spellings: what is too long for one is asked without its filters. */
export function write(
  { choices, camel }: Pick<Asking, 'choices' | 'camel'>,
  form: Form,
  question: Question,
): { readonly question: Question; readonly request: Request } {
  const spell = (one: Question) => {
    const said = spellQuestion(choices, form, one)
    return camel ? spellCamel(said) : said
  }
  const said = spell(question)
  const request = writeRequest(choices, form, question, said)
  if (keyDepth(said) <= maxKeyDepth && said.length <= 40 && request.path.length < 12_000) return { question, request }
  const { selection } = question
  const plain: Question = {
    ...question,
    filter: null,
    selection: { ...selection, includes: selection.includes.map(withoutFilters) },
  }
  return { question: plain, request: writeRequest(choices, form, plain, spell(plain)) }
}

function withoutFilters(include: Include): Include {
  const { selection } = include
  return { ...include, filter: null, selection: { ...selection, includes: selection.includes.map(withoutFilters) } }
}
