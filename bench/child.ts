// Talks with a child process of the bench: one question at a time, one answer each.
import { fork } from 'node:child_process'

export interface Child {
  /** @throws Error when the child fails or ends */
  ask<Answer>(question: object): Promise<Answer>
  /** Asks it to end, and waits for that. */
  stop(): Promise<void>
}

/** What a child answers: the value, or what went wrong. */
type Reply = { readonly value: unknown } | { readonly failure: string }

/** @param file a program that calls `answerParent` */
export function startChild(file: URL, args: readonly string[], execArgv: readonly string[] = []): Child {
  const child = fork(file, [...args], {
    execArgv: ['--conditions=colonnade-source', ...execArgv],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  return {
    async ask<Answer>(question: object) {
      const answered = new Promise<Reply>(resolve => child.once('message', message => resolve(message as Reply)))
      // What cannot be sent is told by the end of the child; without a callback it would be an error event.
      if (child.connected) child.send(question, () => undefined)
      const reply = await Promise.race([
        answered,
        ended.then(code => ({ failure: `${args.join(' ')} ended with code ${code}` })),
      ])
      if ('failure' in reply) throw new Error(reply.failure)
      return reply.value as Answer
    },
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/**
 * The child's side.
 * @param answer gets what the parent asked
 * @param end called once the parent has gone
 */
export function answerParent<Question>(
  answer: (question: Question) => Promise<unknown>,
  end: () => Promise<void>,
): void {
  process.on('message', async (question: Question) => {
    const reply: Reply = await answer(question).then(
      value => ({ value }),
      (error: unknown) => ({ failure: describe(error) }),
    )
    process.send?.(reply)
  })
  process.once('disconnect', () => void end().finally(() => process.exit()))
  // A terminal tells all processes of a group; it is the parent that says when to end.
  process.on('SIGINT', () => undefined)
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
