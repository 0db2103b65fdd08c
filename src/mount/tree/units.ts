/** The pieces in which a text file is decoded: segments with rows, each with the blank stretches that go with it. */

import { crc32 } from 'node:zlib'
import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import type { Format, Layout, ReadHooks, Run } from '../../formats/types.ts'
import { segmentsOf } from '../../index/runs.ts'
import { makeSlice } from '../../index/slice.ts'
import type { PartitionIndex } from '../../index/types.ts'
import { runOfSlice } from '../../scan/read-slices.ts'

export interface Unit {
  readonly firstRow: number
  readonly rows: number
  /** Of the decompressed text: [raw, rawEnd). One unit begins where the one before it ends. */
  readonly raw: number
  readonly rawEnd: number
}

/** All of the text behind the header, in order. */
export function unitsOf(index: PartitionIndex): Unit[] {
  const { segments, rows } = index
  const [first, last] = [segments[0], segments.at(-1)]
  if (first === undefined || last === undefined) return []
  if (rows === 0) return [{ firstRow: 0, rows: 0, raw: first.raw, rawEnd: last.rawEnd }]
  return segments
    .filter((segment) => segment.rows > 0)
    .map((segment) => {
      const { from, to } = segmentsOf(index, segment)
      const [begin, end] = [segments[from]!, segments[to - 1]!]
      return { firstRow: segment.firstRow, rows: segment.rows, raw: begin.raw, rawEnd: end.rawEnd }
    })
}

/** The unit that holds a byte of the text; as many as there are behind the last one. */
export function unitOf(units: readonly Unit[], raw: number): number {
  let low = 0
  let high = units.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (units[middle]!.rawEnd <= raw) low = middle + 1
    else high = middle
  }
  return low
}

/** A unit's text, whole; `invalid-data` when it is not what was indexed. */
export async function readUnit(
  index: PartitionIndex,
  format: Format,
  source: ByteSource,
  unit: Unit,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const run = await runOfSlice(makeSlice(index, unit, unit.firstRow === 0), signal)
  if (run === undefined) return new Uint8Array(0)
  const text = Buffer.allocUnsafeSlow(unit.rawEnd - unit.raw)
  let filled = 0
  for await (const part of format.text!(source, index.layout, run, hooksOf(signal))) {
    text.set(part.subarray(0, text.length - filled), filled)
    filled += part.length
  }
  const { uri } = index
  if (filled !== text.length) {
    const message = `${uri}: ${filled} bytes were decoded at ${unit.raw}, expected ${text.length}`
    throw new VarveError('invalid-data', message, { uri, byte: unit.raw })
  }
  let from = 0
  for (const { rawEnd, crc } of run.checks) {
    const to = rawEnd - unit.raw
    if (crc32(text.subarray(from, to)) !== crc) {
      const message = `${uri}: the text before byte ${rawEnd} has another checksum than when it was indexed`
      throw new VarveError('invalid-data', message, { uri, byte: rawEnd })
    }
    from = to
  }
  return text
}

/** More than a row that is longer than the others is off by, mostly; who needs more reads on. */
const MARGIN = 16 * 1024

/** Where each of these rows of a unit begins in its text; `rows` ascend, counted from the unit's first. */
export async function rowEnds(
  format: Format,
  layout: Layout,
  text: ByteSource,
  unit: Unit,
  rows: readonly number[],
  signal: AbortSignal,
): Promise<Float64Array> {
  const found = new Float64Array(rows.length)
  const plain: Layout = { ...layout, container: 'plain' }
  let row = 0
  let at = 0
  for (const [i, wanted] of rows.entries()) {
    if (wanted > row) {
      const expected = Math.ceil((text.size / unit.rows) * (wanted - row)) + MARGIN
      const run: Run = {
        kind: 'run',
        point: { source: at, bits: 0, raw: at },
        end: Math.min(text.size, at + expected),
        raw: at,
        rawEnd: text.size,
        firstRow: unit.firstRow + row,
        skip: 0,
        rows: wanted - row,
        toEnd: false,
        checks: [],
      }
      for await (const part of format.text!(text, plain, run, hooksOf(signal))) at += part.length
      row = wanted
    }
    found[i] = at
  }
  return found
}

const hooksOf = (signal: AbortSignal): ReadHooks => ({
  signal,
  ignoreErrors: false,
  allocate: (bytes) => new ArrayBuffer(bytes),
})
