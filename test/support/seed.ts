// Where random tests begin: anew at every run of a developer, the same in CI, so that what fails there is the change's doing.

const inCi = 20_161_124

/** @param given the seed of a failure, to run it again */
export function chooseSeed(given: string | undefined): number {
  if (given !== undefined) return Number(given)
  return process.env.CI ? inCi : Math.floor(Math.random() * 1_000_000_000)
}
