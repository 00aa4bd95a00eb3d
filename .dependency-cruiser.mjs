// The floors of the house: a room imports from its own floor or below, never up, never in a circle.

/** Rooms by floor, lowest first. A new folder below src/ gets its place here, or the check fails. */
const floors = {
  words: ['errors', 'expressions', 'types', 'operators', 'aggregates', 'schema', 'validation'],
  street: ['request', 'access', 'plan', 'formats', 'respond', 'openapi'],
  machines: [
    'databases',
    'hooks',
    'storage',
    'counters',
    'cache',
    'idempotency',
    'identity',
    'jobs',
    'reports',
    'series',
    'batches',
    'copies',
  ],
  doors: [
    'handle-request.ts',
    'execute-action.ts',
    'execute-atomic.ts',
    'execute-document.ts',
    'execute-export.ts',
    'execute-operations.ts',
    'execute-once.ts',
    'execute-read.ts',
    'execute-record.ts',
    'execute-relationship.ts',
    'execute-write.ts',
    'answer-write.ts',
    'made-records.ts',
    'plan-entry.ts',
    'read-entries.ts',
    'check-conditions.ts',
    'put-own.ts',
    'read-again.ts',
    'read-records.ts',
    'execute-filtered.ts',
    'execute-lenient.ts',
    'replace-links.ts',
    'run-query.ts',
    'follow-work.ts',
    'start-work.ts',
    'run-write.ts',
    'write-foreign-keys.ts',
    'write-relationship.ts',
    'run-action.ts',
    'find-kept.ts',
    'in-version.ts',
    'create-server.ts',
    'fastify.ts',
    'runtime.ts',
    'timing.ts',
    'index.ts',
    'http',
    'operation',
    'cli',
    'client',
    'testing',
    'console',
  ],
}

const room = name => (name.endsWith('.ts') ? name.replaceAll('.', '\\.') : `${name}/`)
const pathOf = names => `^src/(${names.map(room).join('|')})`
/** A unit test may use real parts of any floor; circles are forbidden to it all the same. */
const tests = '\\.(test|test-d)\\.ts$'

const names = Object.keys(floors)
const upward = names.slice(0, -1).map((floor, i) => ({
  name: `${floor}-import-nothing-above`,
  comment: `${floor} may import from ${names.slice(0, i + 1).join(', ')} only`,
  severity: 'error',
  from: { path: pathOf(floors[floor]), pathNot: tests },
  to: { path: pathOf(names.slice(i + 1).flatMap(above => floors[above])) },
}))

export default {
  forbidden: [
    ...upward,
    {
      name: 'every-room-has-a-floor',
      comment: 'give the new folder its place in .dependency-cruiser.mjs',
      severity: 'error',
      from: { path: '^src/', pathNot: pathOf(Object.values(floors).flat()) },
      to: {},
    },
    {
      name: 'rooms-without-a-floor-are-imported-by-nobody',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: pathOf(Object.values(floors).flat()) },
    },
    {
      name: 'no-circles',
      comment: 'type-only imports included',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'words-and-street-do-no-input-or-output',
      comment: 'I/O belongs to the machines and the doors',
      severity: 'error',
      from: { path: pathOf([...floors.words, ...floors.street]), pathNot: tests },
      to: {
        path: '^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|cluster|readline|pg)(/|$)|node_modules/pg/',
      },
    },
    {
      name: 'databases-alone-know-the-driver',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/databases/'] },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'client-imports-types-only',
      comment: 'so that it bundles for a browser with no server code',
      severity: 'error',
      from: { path: '^src/client/', pathNot: tests },
      to: { pathNot: '^src/client/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-imports-nothing-around-it',
      comment: 'examples, tests and scripts stand on the product, never the other way',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'examples-use-public-names',
      severity: 'error',
      from: { path: '^examples/', pathNot: tests },
      to: { path: '^src/', pathNot: '^src/index\\.ts$' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['colonnade-source', 'import', 'types', 'node', 'default'],
    },
  },
}
