/** Extra bytes: columns of a file's own, described by a record (LAS 1.4-R15, tables 24 and 25). */

import type { DataType } from '../batch.ts'
import { badLas } from './error.ts'
import { text, type VariableRecord } from './records.ts'

const DESCRIPTOR = 192

/** In the order of their codes, from 1 on; with 10 more they come in pairs, with 20 more in threes. */
const KINDS = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
] as const

export type NumberKind = (typeof KINDS)[number]

export const KIND_BYTES: Readonly<Record<NumberKind, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8,
}

/** One extra column: plain JSON. */
export interface ExtraColumn {
  readonly name: string
  /** From the first extra byte. */
  readonly at: number
  /** Undefined: bytes of no known type. */
  readonly kind?: NumberKind
  /** Values, or bytes where the kind is not known. */
  readonly count: number
  /** Value × scale + offset is what is meant, one per value. */
  readonly scale?: readonly number[]
  readonly offset?: readonly number[]
}

/** The columns of `bytes` extra bytes; what no descriptor names is one column of bytes, `ExtraBytes` as in laspy. */
export function extraColumns(record: VariableRecord | undefined, bytes: number, uri: string): ExtraColumn[] {
  const columns: ExtraColumn[] = []
  let at = 0
  // Some writers leave the record in a file whose points have no extra bytes.
  if (record !== undefined && bytes > 0) {
    const { data, start } = record
    if (data.length % DESCRIPTOR !== 0)
      throw badLas(
        `the extra bytes' record has ${data.length} bytes, expected a multiple of ${DESCRIPTOR}`,
        uri,
        start,
      )
    for (let i = 0; i < data.length; i += DESCRIPTOR) {
      const column = parseDescriptor(data.subarray(i, i + DESCRIPTOR), at, uri, start + i)
      at += bytesOf(column)
      if (at > bytes)
        throw badLas(
          `extra bytes "${column.name}" end at byte ${at} of a point's, which has ${bytes}`,
          uri,
          start + i,
        )
      if (column.count > 0) columns.push(column)
    }
  }
  if (at < bytes) columns.push({ name: 'ExtraBytes', at, count: bytes - at })
  return columns
}

function bytesOf({ kind, count }: ExtraColumn): number {
  return kind === undefined ? count : KIND_BYTES[kind] * count
}

function parseDescriptor(bytes: Uint8Array, at: number, uri: string, place: number): ExtraColumn {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const code = bytes[2]!
  const options = bytes[3]!
  const name = text(bytes.subarray(4, 36)).trim() || 'extra_bytes'
  // Without a type the options are how many bytes there are.
  if (code === 0) return options === 1 ? { name, at, kind: 'uint8', count: 1 } : { name, at, count: options }
  if (code > 30) throw badLas(`extra bytes "${name}" have type ${code}, expected 0 to 30`, uri, place)
  const kind = KINDS[(code - 1) % 10]!
  const count = Math.floor((code - 1) / 10) + 1
  const triple = (from: number): number[] =>
    Array.from({ length: count }, (_, i) => view.getFloat64(from + i * 8, true))
  const scale = (options & 8) !== 0 ? triple(112) : undefined
  const offset = (options & 16) !== 0 ? triple(136) : undefined
  if (![...(scale ?? []), ...(offset ?? [])].every(Number.isFinite))
    throw badLas(
      `extra bytes "${name}" have scale ${scale} and offset ${offset}, expected numbers`,
      uri,
      place,
    )
  return { name, at, kind, count, ...(scale && { scale }), ...(offset && { offset }) }
}

export function extraType({ kind, count, scale, offset }: ExtraColumn): DataType {
  if (kind === undefined) return { kind: 'binary' }
  const item: DataType = { kind: scale === undefined && offset === undefined ? kind : 'float64' }
  return count === 1 ? item : { kind: 'list', item }
}
