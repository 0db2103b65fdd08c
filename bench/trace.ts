/** What VARVE_TRACE=1 prints: one line per request to a store. */

export interface Traced {
  readonly op: string
  readonly uri: string
  readonly range: string | null
  readonly status: number
  readonly bytes: number
}

const MARK = 'varve-trace '

export function parseTrace(stderr: string): Traced[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith(MARK))
    .map((line) => JSON.parse(line.slice(MARK.length)) as Traced)
}

/** Bytes that were fetched of one object. */
export function fetchedBytes(requests: readonly Traced[], uri: string): number {
  return requests.reduce((sum, { op, uri: at, bytes }) => (op === 'GET' && at === uri ? sum + bytes : sum), 0)
}
