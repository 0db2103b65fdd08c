/** Variable length records, which stand between the header and the points (LAS 1.4-R15, table 18). */

import type { ByteSource } from '../../bytes/types.ts'
import { badLas } from './error.ts'
import type { Header } from './header.ts'

export interface VariableRecord {
  readonly user: string
  readonly id: number
  readonly data: Uint8Array
  /** Byte of the data in the file. */
  readonly start: number
}

const VLR_HEADER = 54
/** Records are read in stretches of so many bytes: most files' fit one. */
const STRETCH = 256 * 1024

/** What names a record that somebody wants. */
export interface RecordName {
  readonly user: string
  readonly id: number
}

/** The wanted records, in file order. Nothing of the others is kept. */
export async function readRecordsNamed(
  source: ByteSource,
  header: Header,
  wanted: readonly RecordName[],
  signal: AbortSignal | undefined,
): Promise<VariableRecord[]> {
  const found: VariableRecord[] = []
  const end = header.pointsStart
  let stretch = new Uint8Array(0)
  let from = 0
  const read = async (start: number, stop: number): Promise<Uint8Array> => {
    if (start < from || stop > from + stretch.length) {
      from = start
      stretch = new Uint8Array(
        await source.read(start, Math.min(end, Math.max(stop, start + STRETCH)), { signal }),
      )
    }
    return stretch.subarray(start - from, stop - from)
  }
  let at = header.headerSize
  for (let i = 0; i < header.vlrs; i++) {
    if (at + VLR_HEADER > end)
      throw badLas(`record ${i} of ${header.vlrs} begins behind the points' start`, source.uri, at)
    const head = await read(at, at + VLR_HEADER)
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const user = text(head.subarray(2, 18))
    const id = view.getUint16(18, true)
    const start = at + VLR_HEADER
    const stop = start + view.getUint16(20, true)
    if (stop > end)
      throw badLas(
        `record ${i} (${user} ${id}) ends at byte ${stop}, expected before the points at ${end}`,
        source.uri,
        at,
      )
    if (wanted.some((name) => name.user === user && name.id === id))
      found.push({ user, id, data: (await read(start, stop)).slice(), start })
    at = stop
  }
  return found
}

/** Text up to its first NUL. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8')
}
