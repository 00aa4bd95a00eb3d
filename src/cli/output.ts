// Says things in the terminal: answers on stdout, words about the work on stderr, progress where it takes long.
import { clearLine, cursorTo } from 'node:readline'
import pc from 'picocolors'

export interface Output {
  /** What was asked for. */
  print(text: string): void
  /** What goes on meanwhile; with `--json` it does not mix with the answer. */
  say(text: string): void
  warn(text: string): void
  /** Shown from the second second on. */
  progress(title: string): Progress
}

export interface Progress {
  /** @param done of `of` steps, where that is known */
  step(name: string, done?: number, of?: number): void
  end(): void
}

const patienceMs = 1_000

export const output: Output = {
  print: text => void process.stdout.write(`${text}\n`),
  say: text => void process.stderr.write(`${text}\n`),
  warn: text => void process.stderr.write(`${pc.yellow('Warning:')} ${text}\n`),
  progress: title => (process.stderr.isTTY ? rewriteLine(title) : printLines(title)),
}

/** One line, written anew each second. */
function rewriteLine(title: string): Progress {
  const began = performance.now()
  let now = ''
  let shown = false
  const show = () => {
    const seconds = Math.round((performance.now() - began) / 1000)
    clear()
    const text = `${title}: ${now}, ${seconds} s`
    process.stderr.write(pc.dim(text.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))))
    shown = true
  }
  const clear = () => {
    if (!shown) return
    clearLine(process.stderr, 0)
    cursorTo(process.stderr, 0)
    shown = false
  }
  const timer = setInterval(show, patienceMs)
  return {
    step(name, done, of) {
      now = describe(name, done, of)
      if (shown) show()
    },
    end() {
      clearInterval(timer)
      clear()
    },
  }
}

/** A line a step, for a log; steps that were over within the first second are passed over. */
function printLines(title: string): Progress {
  let now = ''
  let patient = true
  const print = () => process.stderr.write(`${title}: ${now}\n`)
  const timer = setTimeout(() => {
    patient = false
    print()
  }, patienceMs)
  return {
    step(name, done, of) {
      const next = describe(name, done, of)
      if (next === now) return
      now = next
      if (!patient) print()
    },
    end: () => clearTimeout(timer),
  }
}

function describe(name: string, done: number | undefined, of: number | undefined): string {
  return done === undefined || of === undefined ? name : `${name} (${done} of ${of})`
}
