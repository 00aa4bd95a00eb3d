// Refuses every name that could mean more than one file in one folder or below one prefix.
import { StorageError } from './storage-error.ts'

const pattern = /^[A-Za-z0-9_-]{1,128}$/

export function isName(text: string): boolean {
  return pattern.test(text)
}

/** @throws StorageError `bad_name`; the message does not repeat the name, which may be hostile or a secret */
export function checkName(name: string): void {
  if (!isName(name)) {
    throw new StorageError('bad_name', 'The name of a stored file is 1 to 128 of the characters A-Z a-z 0-9 _ and -.')
  }
}
