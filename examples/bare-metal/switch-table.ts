// What a switch knows: the state of its ports, and what was done to each of them, counted.

export type Action = 'open' | 'close'
export type PortStatus = 'opened' | 'closed'

export interface PortName {
  /** The switch, by its name in the network. */
  readonly node: string
  readonly port: number
}

export interface Port extends PortName {
  readonly status: PortStatus
  /** Grows with every operation on any port, and over restarts: of two states the one with the greater number is later. */
  readonly revision: number
  /** How many operations were really carried out; one that is asked for again is not carried out again. */
  readonly operations: number
  /** How often somebody asked for an operation. */
  readonly requests: number
  /** How often somebody asked while another, who is still there, waits for the same port. */
  readonly overlaps: number
}

export interface Operation extends PortName {
  /** Its id: who asks again says the same one. */
  readonly operation: string
  readonly action: Action
}

export class SwitchTable {
  readonly #ports = new Map<string, Port>()
  readonly #done = new Map<string, Operation & Pick<Port, 'status' | 'revision'>>()
  #revision: number

  /** @param startedAt in milliseconds; a table that is made later has greater revisions */
  constructor(startedAt: number) {
    // In microseconds, which no switch keeps up with.
    this.#revision = startedAt * 1_000
  }

  /** Ports that nobody has touched are closed. */
  port({ node, port }: PortName): Port {
    const untouched = { node, port, status: 'closed', revision: 0, operations: 0, requests: 0, overlaps: 0 } as const
    return this.#ports.get(`${node} ${port}`) ?? untouched
  }

  ports(): readonly Port[] {
    return [...this.#ports.values()]
  }

  asked(name: PortName, overlaps: boolean): void {
    const port = this.port(name)
    this.#put({ ...port, requests: port.requests + 1, overlaps: port.overlaps + (overlaps ? 1 : 0) })
  }

  /** What came of an operation that was carried out; undefined for one that was not yet. */
  outcome({ operation }: Pick<Operation, 'operation'>): (Operation & Pick<Port, 'status' | 'revision'>) | undefined {
    return this.#done.get(operation)
  }

  carryOut(operation: Operation): void {
    const port = this.port(operation)
    this.#revision += 1
    const changed = { status: operation.action === 'open' ? 'opened' : 'closed', revision: this.#revision } as const
    this.#put({ ...port, ...changed, operations: port.operations + 1 })
    this.#done.set(operation.operation, { ...operation, ...changed })
  }

  #put(port: Port): void {
    this.#ports.set(`${port.node} ${port.port}`, port)
  }
}
