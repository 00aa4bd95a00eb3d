// The product over the stock driver in place of its own way to read.
import { makeColonnade } from './colonnade.ts'

export const colonnadeStock = makeColonnade({ wire: false })
