// The product under test, loaded from a folder of sources: its own, or a copy with a fault planted in it.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Product {
  readonly handleRequest: typeof import('../../src/handle-request.ts').handleRequest
  readonly makeRuntime: typeof import('../../src/runtime.ts').makeRuntime
  readonly connectPostgres: typeof import('../../src/databases/postgres/connect.ts').connectPostgres
  readonly compileApi: typeof import('../../src/schema/compile-api.ts').compileApi
  readonly compileVersions: typeof import('../../src/schema/compile-versions.ts').compileVersions
  readonly defineTables: typeof import('../../src/schema/define-tables.ts').defineTables
  readonly makeNodeHandler: typeof import('../../src/http/node-handler.ts').makeNodeHandler
  readonly sqlTypeOf: typeof import('../../src/databases/postgres/sql-type-of.ts').sqlTypeOf
}

/** @param folder of the sources: `/…/src` */
export async function loadProduct(folder: string): Promise<Product> {
  const load = (file: string) => import(pathToFileURL(join(folder, file)).href)
  const modules = await Promise.all(
    [
      'handle-request.ts',
      'runtime.ts',
      'databases/postgres/connect.ts',
      'schema/compile-api.ts',
      'schema/compile-versions.ts',
      'schema/define-tables.ts',
      'http/node-handler.ts',
      'databases/postgres/sql-type-of.ts',
    ].map(load),
  )
  return Object.assign({}, ...modules) as Product
}
