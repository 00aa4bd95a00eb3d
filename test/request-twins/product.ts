// The product under test with what commands and reports need, loaded from a folder of sources.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadWriteProduct, type WriteProduct } from '../write-model/product.ts'

export interface RequestProduct extends WriteProduct {
  readonly followWork: typeof import('../../src/follow-work.ts').followWork
  readonly makeReportStorage: typeof import('../../src/reports/report-storage.ts').makeReportStorage
  readonly report: typeof import('../../src/schema/report-definition.ts').report
  readonly requests: typeof import('../../src/schema/request-definition.ts').requests
  readonly requestTableSql: typeof import('../../src/jobs/request-table-sql.ts').requestTableSql
  readonly RequestFailure: typeof import('../../src/errors/request-failure.ts').RequestFailure
  readonly rolesHeld: typeof import('../../src/access/roles-held.ts').rolesHeld
}

/** @param folder of the sources: `/…/src` */
export async function loadRequestProduct(folder: string): Promise<RequestProduct> {
  const load = (file: string) => import(pathToFileURL(join(folder, file)).href)
  const modules = await Promise.all(
    [
      'follow-work.ts',
      'reports/report-storage.ts',
      'schema/report-definition.ts',
      'schema/request-definition.ts',
      'jobs/request-table-sql.ts',
      'errors/request-failure.ts',
      'access/roles-held.ts',
    ].map(load),
  )
  return Object.assign({}, await loadWriteProduct(folder), ...modules) as RequestProduct
}
