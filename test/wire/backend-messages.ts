// Writes the messages that a PostgreSQL server sends ("Message Formats" in its documentation).

/** @param length as the message says it; right unless given */
export function message(type: string, body: Uint8Array | string = '', length?: number): Buffer {
  const bytes = Buffer.from(body as string)
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(length ?? bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

export type Row = readonly (string | null)[]

/** @param columns as the row says it; right unless given */
export function dataRow(values: Row, columns = values.length): Buffer {
  const parts: Buffer[] = [int16(columns)]
  for (const value of values) {
    if (value === null) parts.push(int32(-1))
    else parts.push(int32(Buffer.byteLength(value)), Buffer.from(value))
  }
  return message('D', Buffer.concat(parts))
}

export const authenticationOk = (): Buffer => message('R', int32(0))
export const backendKeyData = (pid: number, secret: number): Buffer =>
  message('K', Buffer.concat([int32(pid), int32(secret)]))
export const parameterStatus = (name: string, value: string): Buffer => message('S', `${name}\0${value}\0`)
export const parseComplete = (): Buffer => message('1')
export const bindComplete = (): Buffer => message('2')
export const closeComplete = (): Buffer => message('3')
export const commandComplete = (rows: number): Buffer => message('C', `SELECT ${rows}\0`)
export const readyForQuery = (): Buffer => message('Z', 'I')
export const notification = (): Buffer => message('A', Buffer.concat([int32(7), Buffer.from('channel\0payload\0')]))

/** @param code SQLSTATE */
export function errorResponse(code: string, severity = 'ERROR'): Buffer {
  return message('E', fields(severity, code))
}

export function noticeResponse(): Buffer {
  return message('N', fields('NOTICE', '00000'))
}

function fields(severity: string, code: string): string {
  return `SFEHLER\0V${severity}\0C${code}\0Msecret words\0Dsecret detail\0\0`
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
