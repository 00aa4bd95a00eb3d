// Every contender by its name, in the order of the report. Each is loaded only where it runs: it would weigh on the others.
import type { Contender } from '../contender.ts'

export const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  constant: async () => (await import('./constant.ts')).constant,
  pgbench: async () => (await import('./pgbench.ts')).pgbench,
  'node-pg': async () => (await import('./node-pg.ts')).nodePg,
  'fastify-pg': async () => (await import('./fastify-pg.ts')).fastifyPg,
  'fastify-drizzle': async () => (await import('./fastify-drizzle.ts')).fastifyDrizzle,
  'fastify-prisma': async () => (await import('./fastify-prisma.ts')).fastifyPrisma,
  'colonnade-stock': async () => (await import('./colonnade-stock.ts')).colonnadeStock,
  'colonnade-watched': async () => (await import('./colonnade-watched.ts')).colonnadeWatched,
  colonnade: async () => (await import('./colonnade.ts')).colonnade,
}
