// Every contender by its name, in the order of the report. Each is loaded only where it runs: it would weigh on the others.
import type { Contender } from '../contender.ts'

export const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  constant: async () => (await import('./constant.ts')).constant,
  pgbench: async () => (await import('./pgbench.ts')).pgbench,
  'node-pg': async () => (await import('./node-pg.ts')).nodePg,
  colonnade: async () => (await import('./colonnade.ts')).colonnade,
}
