// Runs the unit tests beside the code and the feature tests, with real databases shared by the whole run.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Under this condition the package's own name, as the examples import it, leads to `src/index.ts`. */
const condition = 'colonnade-source'

export default defineConfig({
  ssr: { resolve: { conditions: [condition, 'unpkg-dev', 'node', 'development|production'] } },
  test: {
    // For the programs that tests start.
    env: {
      NODE_OPTIONS: [process.env.NODE_OPTIONS, `--conditions=${condition}`].filter(Boolean).join(' '),
      // They are many, and each would compile the same sources.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url)),
    },
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/fix-seed.ts'],
    // WarpDrive's own build needs an application's compiler; that for pages without one is found under the condition above.
    server: { deps: { inline: [/@warp-drive\//] } },
    pool: 'forks',
    // One more than processors of a small machine: many tests wait for what they have asked.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Types are checked by tsc, together with everything else.
    typecheck: { enabled: false },
  },
})
