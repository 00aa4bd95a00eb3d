// Run before every test file: gives the property tests of fast-check their seed in CI.
import fc from 'fast-check'
import { chooseSeed } from './seed.ts'

if (process.env.CI) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: chooseSeed(undefined) })
