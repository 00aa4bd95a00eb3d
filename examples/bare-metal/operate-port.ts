// Does what a command says: first at the switch, then in the table of ports, where it counts together with the outcome.
import { type PerformContext, RequestFailure } from 'colonnade'
import type { Schema } from './schema.ts'
import { type SwitchAddress, SwitchError, switchPort } from './switch-client.ts'
import type { Action } from './switch-table.ts'

export type PortContext = PerformContext<Schema, 'switch_port_open_requests' | 'switch_port_close_requests'>

/** For one answer of the switch: an attempt that hears nothing ends before its time is over, and says why. */
const patienceMs = 15_000

/**
 * The command's id is that of the operation, so that however often it is tried, the switch carries it out once.
 *
 * @throws RequestFailure with the switch's code, or `port_gone` where who gave the command has the port no longer
 */
export async function operatePort(
  { row, db, query, signal, progress }: PortContext,
  action: Action,
  address: SwitchAddress,
): Promise<void> {
  const id = row.switch_port_id
  // With the rights of who gave the command, as they are now; and in no transaction, which would be open for seconds.
  const [port] = await query('switch_ports', { filter: { id }, fields: ['switch_node', 'number'] })
  if (!port) throw new RequestFailure('port_gone', 'The port is not there any more.', { final: true })
  progress(0, 2, 'Asking the switch')
  const operation = { operation: row.id, action, node: port.switch_node, port: port.number }
  const { answerMs: timeoutMs = patienceMs } = address
  const { status, revision } = await switchPort(address, operation, { timeoutMs, signal }).catch(explain)
  progress(1, 2, 'The switch has done it')
  // An outcome that is written late must not stand in for a later one: the switch numbers its changes.
  await db
    .updateTable('switch_ports')
    .set({ status, switch_revision: String(revision) })
    .where('id', '=', id)
    .where('switch_revision', '<', String(revision))
    .execute()
}

function explain(error: unknown): never {
  if (!(error instanceof SwitchError)) throw error
  throw new RequestFailure(error.code, error.message, { final: error.isFinal, cause: error })
}
