// The product with metrics and a log on, whose lines go nowhere.
import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import { makeColonnade } from './colonnade.ts'

export const colonnadeWatched = makeColonnade({}, { metrics: { port: 0 }, log: { fd: openSync(devNull, 'w') } })
