// The product under test with what writes need, loaded from a folder of sources.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadProduct, type Product } from '../non-interference/product.ts'

export interface WriteProduct extends Product {
  readonly compileAllInputs: typeof import('../../src/validation/compile-all-inputs.ts').compileAllInputs
}

/** @param folder of the sources: `/…/src` */
export async function loadWriteProduct(folder: string): Promise<WriteProduct> {
  const file = pathToFileURL(join(folder, 'validation/compile-all-inputs.ts')).href
  const { compileAllInputs } = (await import(file)) as Pick<WriteProduct, 'compileAllInputs'>
  return { ...(await loadProduct(folder)), compileAllInputs }
}
