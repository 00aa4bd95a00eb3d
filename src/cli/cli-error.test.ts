// What the log says of errors of our own: of a database's the SQLSTATE in place of its words, of all others their message.
import { expect, it } from 'vitest'
import { describeInternal } from './cli-error.ts'

const withCode = (code: string) => Object.assign(new Error('the words'), { code })

it('says the SQLSTATE of a database, and not its words', () => {
  for (const code of ['23505', '42P01', '0A000', 'P0001', 'XX000'])
    expect(describeInternal(withCode(code))).toBe(`the database answered SQLSTATE ${code}`)
})

it('takes no code of the system for a SQLSTATE', () => {
  for (const code of ['EPIPE', 'EBUSY', 'EPERM', 'ECONNRESET'])
    expect(describeInternal(withCode(code))).toBe('Error: the words')
})
