// The environment of somebody who has only installed the package.

/** The variables of this process without what npm and Node were told for the source tree. */
export function outsideEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(npm_|NODE_OPTIONS$|INIT_CWD$|VITEST|COLONNADE_)/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
}
