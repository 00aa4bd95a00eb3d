// Tools for options whose literals are inferred and yet checked to the last key.

/** Stands where a key is not known, so that the error stands there too: `… is not assignable to type 'Unknown<"raed">'`. */
export interface Unknown<Key> {
  readonly 'is not known here': Key
}

/**
 * Infers `Given` from what stands at a place and checks that place against `Wanted`. TypeScript infers into both branches of a condition
 * that it cannot decide yet, and takes the second one once `Key` is known. A type that is merely inferred would lose the check for
 * surplus keys, and one that is merely wanted would lose the literals.
 */
export type Checked<Key, Given, Wanted> = [Key] extends [never] ? Given : Wanted
