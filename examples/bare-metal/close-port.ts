// Closes a port of a switch, as a row of switch_port_close_requests says.
import { operatePort, type PortContext } from './operate-port.ts'
import type { SwitchAddress } from './switch-client.ts'

/** @throws RequestFailure with the code of the switch */
export async function closePort(context: PortContext, address: SwitchAddress): Promise<void> {
  await operatePort(context, 'close', address)
}
