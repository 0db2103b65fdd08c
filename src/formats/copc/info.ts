/** The record that makes a LAZ file a COPC file (COPC 1.0, "info VLR"). */

import { badLas } from '../las/error.ts'
import type { VariableRecord } from '../las/records.ts'
import type { LasDialect } from '../las/types.ts'

/** The octree: plain JSON. */
export interface CopcInfo {
  readonly center: readonly number[]
  /** Half the side of the root's cube. */
  readonly halfSize: number
  /** Between points of the root; each level halves it. */
  readonly spacing: number
  /** Where the hierarchy's first page stands. */
  readonly pageStart: number
  readonly pageBytes: number
}

export interface CopcDialect extends LasDialect {
  readonly copc: CopcInfo
}

export const COPC_INFO = { user: 'copc', id: 1 }

const INFO_BYTES = 160

export function parseInfo(record: VariableRecord | undefined, size: number, uri: string): CopcInfo {
  if (record === undefined)
    throw badLas('the file has no record "copc" 1, expected one of every COPC file', uri)
  const { data, start } = record
  if (data.length < INFO_BYTES)
    throw badLas(`the COPC record has ${data.length} bytes, expected ${INFO_BYTES}`, uri, start)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const [x, y, z, halfSize, spacing] = [0, 8, 16, 24, 32].map((at) => view.getFloat64(at, true)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (![x, y, z, halfSize, spacing].every(Number.isFinite) || halfSize < 0 || spacing < 0)
    throw badLas(
      `the octree stands at (${x}, ${y}, ${z}) with half a side of ${halfSize} and spacing ${spacing}`,
      uri,
      start,
    )
  const pageStart = Number(view.getBigUint64(40, true))
  const pageBytes = Number(view.getBigUint64(48, true))
  if (pageStart + pageBytes > size)
    throw badLas(
      `the hierarchy ends at byte ${pageStart + pageBytes}, expected ${size} at most`,
      uri,
      start + 40,
    )
  return { center: [x, y, z], halfSize, spacing, pageStart, pageBytes }
}
