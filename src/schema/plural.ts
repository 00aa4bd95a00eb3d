// English plural and singular of the words that tables are named with: `categories`, `category`.

/** Singular and plural, where the rules below would go wrong. */
const irregular: readonly (readonly [singular: string, plural: string])[] = [
  ['person', 'people'],
  ['child', 'children'],
  ['man', 'men'],
  ['woman', 'women'],
  ['foot', 'feet'],
  ['tooth', 'teeth'],
  ['mouse', 'mice'],
  ['quiz', 'quizzes'],
  ['leaf', 'leaves'],
  ['life', 'lives'],
  ['half', 'halves'],
  ['shelf', 'shelves'],
  ['movie', 'movies'],
  ['cookie', 'cookies'],
  ['hero', 'heroes'],
  ['potato', 'potatoes'],
  ['tomato', 'tomatoes'],
  ['matrix', 'matrices'],
  ['vertex', 'vertices'],
  ['criterion', 'criteria'],
  ['index', 'indices'],
  ['cache', 'caches'],
  ['axe', 'axes'],
  ['menu', 'menus'],
  ['lens', 'lenses'],
  ['gas', 'gases'],
]
/** The same in both numbers, or never counted. */
const unchanging = new Set(
  (
    'data metadata information equipment news series species sheep fish deer money rice software hardware ' +
    'media feedback staff advice traffic gps dns sms'
  ).split(' '),
)

type Rule = readonly [ending: RegExp, replacement: string]

const pluralRules: readonly Rule[] = [
  [/is$/, 'es'], // analysis
  [/(s|x|z|ch|sh)$/, '$1es'], // address, status, box, branch
  [/([^aeiou])y$/, '$1ies'], // category
  [/$/, 's'],
]
const singularRules: readonly Rule[] = [
  [/(alia|bia|atla|canva)s(es)?$/, '$1s'],
  [/(ss|us|is)$/, '$1'], // address, status and analysis are singular already
  [/(analy|the|cri|diagno|synop)ses$/, '$1sis'],
  [/([ao]us)es$/, '$1e'], // clauses, warehouses
  [/(us|ss|x|zz|ch|sh)es$/, '$1'], // statuses, addresses, boxes, branches
  [/([^aeiou])ies$/, '$1y'], // categories
  [/(.)s$/, '$1'],
]

/**
 * `comment` → `comments`; what is plural already stays as it is. Of several words the last counts: `blogPost` → `blogPosts`.
 *
 * @example
 * toPlural('line_item') // 'line_items'
 */
export const toPlural = (name: string): string => (toSingular(name) === name ? changeLastWord(name, pluralOf) : name)

/**
 * `comments` → `comment`; what is singular already stays as it is.
 *
 * @example
 * toSingular('video_categories') // 'video_category'
 */
export const toSingular = (name: string): string => changeLastWord(name, singularOf)

const changeLastWord = (name: string, change: (word: string) => string): string =>
  name.replace(/(?:[A-Z]?[a-z]+|[A-Z]+)$/, word => likeCase(word, change(word.toLowerCase())))

const pluralOf = (word: string): string => {
  if (unchanging.has(word)) return word
  return irregular.find(([singular]) => singular === word)?.[1] ?? applyFirst(pluralRules, word)
}

const singularOf = (word: string): string => {
  if (unchanging.has(word)) return word
  return (
    irregular.find(([singular, plural]) => singular === word || plural === word)?.[0] ?? applyFirst(singularRules, word)
  )
}

const applyFirst = (rules: readonly Rule[], word: string): string => {
  const rule = rules.find(([ending]) => ending.test(word))
  return rule ? word.replace(rule[0], rule[1]) : word
}

const likeCase = (model: string, word: string): string => {
  if (/^[A-Z]{2,}$/.test(model)) return word.toUpperCase()
  return /^[A-Z]/.test(model) ? word.charAt(0).toUpperCase() + word.slice(1) : word
}
