// English plural and singular of the words that tables are named with: `categories`, `category`.

const irregular: readonly (readonly [singular: string, plural: string])[] = [
  ['person', 'people'],
  ['child', 'children'],
  ['man', 'men'],
  ['foot', 'feet'],
  ['tooth', 'teeth'],
  ['goose', 'geese'],
  ['mouse', 'mice'],
  ['ox', 'oxen'],
  ['quiz', 'quizzes'],
  ['leaf', 'leaves'],
  ['life', 'lives'],
  ['knife', 'knives'],
  ['wife', 'wives'],
  ['half', 'halves'],
  ['shelf', 'shelves'],
  ['movie', 'movies'],
  ['cookie', 'cookies'],
  ['hero', 'heroes'],
  ['potato', 'potatoes'],
  ['tomato', 'tomatoes'],
  ['echo', 'echoes'],
  ['index', 'indices'],
  ['matrix', 'matrices'],
  ['vertex', 'vertices'],
  ['datum', 'data'],
  ['criterion', 'criteria'],
  ['house', 'houses'],
  ['course', 'courses'],
  ['cause', 'causes'],
  ['clause', 'clauses'],
  ['cache', 'caches'],
  ['axe', 'axes'],
]
/** The same in both numbers, or never counted. */
const unchanging = new Set(
  'data information equipment news series species sheep fish deer money rice software hardware metadata media feedback staff advice traffic history'
    .split(' ')
    .filter(word => word !== 'history'),
)

type Rule = readonly [ending: RegExp, replacement: string]

const toPluralRules: readonly Rule[] = [
  [/is$/i, 'es'], // analysis
  [/(s|x|z|ch|sh)$/i, '$1es'], // address, status, box, branch
  [/([^aeiou])y$/i, '$1ies'], // category
  [/$/, 's'],
]
const toSingularRules: readonly Rule[] = [
  [/(ss|us)$/i, '$1'], // address, status are singular already
  [/(analy|the|ba|cri|diagno|hypothe|parenthe|synop|synthe)(ses|sis)$/i, '$1sis'],
  [/is$/i, 'is'],
  [/(us|ss|x|z|ch|sh)es$/i, '$1'], // statuses, addresses, boxes, branches
  [/(ali|bia|ga|len|atla|canva)ses$/i, '$1s'], // aliases, lenses
  [/([^aeiou])ies$/i, '$1y'], // categories
  [/s$/i, ''],
]

/** `comment` and `comments` → `comments`. Of a name of several words the last counts: `blogPost` → `blogPosts`, `line_item` → `line_items`. */
export const toPlural = (name: string): string => changeLastWord(toSingular(name), pluralOf)

/** `comments` and `comment` → `comment`. */
export const toSingular = (name: string): string => changeLastWord(name, singularOf)

const changeLastWord = (name: string, change: (word: string) => string): string =>
  name.replace(/(?:[A-Z]?[a-z]+|[A-Z]+)$/, word => (/^[A-Z]+$/.test(word) ? change(word).toUpperCase() : change(word)))

const pluralOf = (word: string): string => {
  const found = irregular.find(([singular]) => singular === word.toLowerCase())
  return found ? likeCase(word, found[1]) : unchanging.has(word.toLowerCase()) ? word : applyRules(toPluralRules, word)
}

const singularOf = (word: string): string => {
  if (unchanging.has(word.toLowerCase())) return word
  const found = irregular.find(pair => pair.some(form => form === word.toLowerCase()))
  return found ? likeCase(word, found[0]) : applyRules(toSingularRules, word)
}

const applyRules = (rules: readonly Rule[], word: string): string => {
  const rule = rules.find(([ending]) => ending.test(word))
  return rule ? word.replace(...(rule as [RegExp, string])) : word
}

const likeCase = (model: string, word: string): string => (/^[A-Z]/.test(model) ? word.charAt(0).toUpperCase() + word.slice(1) : word)
