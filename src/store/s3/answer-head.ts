/** The first lines of an HTTP/1.1 answer (RFC 9112), of the simple kind that S3 gives for a GET. */

export interface AnswerHead {
  readonly status: number
  readonly reason: string
  /** By their names in lower case; the values of one name joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the head itself. */
  readonly bytes: number
  /** Bytes of the body, when they are told. */
  readonly length: number | undefined
  /** The connection may be used for the next request. */
  readonly keepAlive: boolean
}

const END = Buffer.from('\r\n\r\n')

/** Undefined while it has not come whole; a head of status 0 is no HTTP. */
export function parseHead(bytes: Uint8Array): AnswerHead | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = buffer.indexOf(END)
  if (end < 0) return undefined
  const [first = '', ...lines] = buffer.toString('latin1', 0, end).split('\r\n')
  const [, status = '0', reason = ''] = /^HTTP\/1\.1 (\d{3})(?: (.*))?$/.exec(first) ?? []
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const length = headers['content-length']
  return {
    status: Number(status),
    reason,
    headers,
    bytes: end + END.length,
    length: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
    keepAlive: !/\bclose\b/i.test(headers.connection ?? ''),
  }
}

/** Whether the body is as long as the head says, and nothing else needs to be known to read it. */
export function isWhole({ status, headers, length }: AnswerHead): boolean {
  const encoded = headers['transfer-encoding'] !== undefined || headers['content-encoding'] === 'gzip'
  return status >= 200 && status !== 204 && status !== 304 && length !== undefined && !encoded
}
