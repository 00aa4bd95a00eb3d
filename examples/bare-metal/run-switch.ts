// Runs the switch by itself: `node examples/bare-metal/run-switch.ts --port 7070 --fails 0.1`
import { parseArgs } from 'node:util'
import { faults } from './draw-fault.ts'
import { startSwitch } from './switch.ts'

const text = { type: 'string' } as const
const dashed = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
const names = ['port', 'min-ms', 'max-ms', 'late-ms', 'seed', ...faults.map(dashed)]
const { values } = parseArgs({ options: Object.fromEntries(names.map(name => [name, text])) })
const read = (name: string, byDefault: number): number => {
  const given = values[name] === undefined ? byDefault : Number(values[name])
  if (!(given >= 0)) throw new Error(`--${name} takes a number, not ${values[name]}`)
  return given
}
const running = await startSwitch({
  port: read('port', 7070),
  work: { minMs: read('min-ms', 1_000), maxMs: Math.max(read('min-ms', 1_000), read('max-ms', 3_000)) },
  lateMs: read('late-ms', 30_000),
  seed: read('seed', 1),
  weather: Object.fromEntries(faults.map(fault => [fault, read(dashed(fault), 0)])),
})
console.log(`The switch listens on ${running.host}:${running.port}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close())
