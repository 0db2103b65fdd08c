/** A format of blocks for tests: little-endian int32 values, block after block, in any order in the file. */

import { VarveError } from '../../../src/errors.ts'
import { blockSegments } from '../../../src/formats/blocks/segment.ts'
import type { BlockFormat } from '../../../src/formats/blocks/types.ts'
import type { Zone } from '../../../src/formats/text/types.ts'

const HEADER = 12

/** Blocks of values; a block's window holds what must be added to each of its values. */
export interface NumberBlock {
  readonly values: readonly number[]
  readonly added: number
}

/** The file: count, then per block its place, rows and window; the blocks stand in reverse order. */
export function numbersFile(blocks: readonly NumberBlock[]): Uint8Array {
  const bytes = blocks.reduce((sum, { values }) => sum + values.length * 4, 4 + blocks.length * HEADER)
  const view = new DataView(new ArrayBuffer(bytes))
  view.setInt32(0, blocks.length, true)
  let at = bytes
  for (const [i, { values, added }] of blocks.entries()) {
    at -= values.length * 4
    view.setInt32(4 + i * HEADER, at, true)
    view.setInt32(8 + i * HEADER, values.length, true)
    view.setInt32(12 + i * HEADER, added, true)
    for (const [j, value] of values.entries()) view.setInt32(at + j * 4, value - added, true)
  }
  return new Uint8Array(view.buffer)
}

/** `complete`: the file's own list tells the zones, as a hierarchy of nodes does. */
export function numbersFormat(complete: boolean): BlockFormat {
  return {
    name: 'numbers',
    title: 'numbers of a test',
    extensions: ['numbers'],
    optionNames: [],
    detect: () => true,
    layout: async () => ({
      columns: [
        { name: 'value', type: { kind: 'int32' } },
        { name: 'record', type: { kind: 'int64' } },
      ],
      zones: ['value'],
      ordinal: 1,
      dialect: {},
    }),
    async blocks(source) {
      const view = viewOf(await source.read(0, source.size))
      const blocks = Array.from({ length: view.getInt32(0, true) }, (_, i) => {
        const start = view.getInt32(4 + i * HEADER, true)
        const rows = view.getInt32(8 + i * HEADER, true)
        const window = new Uint8Array(4)
        viewOf(window).setInt32(0, view.getInt32(12 + i * HEADER, true), true)
        const added = view.getInt32(12 + i * HEADER, true)
        const values = Array.from({ length: rows }, (_, j) => view.getInt32(start + j * 4, true) + added)
        const zones = complete ? [zoneOf(values)] : []
        return { source: start, end: start + rows * 4, rows, raw: rows * 4, window, zones }
      })
      return { segments: blockSegments(blocks), complete }
    },
    async reader(_file, projection, { zones }) {
      let last: readonly number[] = []
      return {
        ranges: (part) => (projection.length === 0 && !zones ? [] : [{ start: part.source, end: part.end }]),
        *decode(part, [bytes], from, to, maxRows) {
          const added = viewOf(part.window!).getInt32(0, true)
          const values = Int32Array.from({ length: part.rows }, (_, i) =>
            viewOf(bytes!).getInt32(i * 4, true),
          )
          if (values.some((value) => value === BAD))
            throw new VarveError('invalid-data', 'numbers: a bad value')
          last = [...values].map((value) => value + added)
          for (let at = from; at < to; at += maxRows) {
            const some = last.slice(at, Math.min(to, at + maxRows))
            const column = { length: some.length, values: Int32Array.from(some) }
            const first = part.firstRow + at
            const record = BigInt64Array.from(some, (_, i) => BigInt(first + i))
            const columns = [column, { length: some.length, values: record }]
            yield { rows: some.length, columns: projection.map((which) => columns[which]!) }
          }
        },
        takeZones: () => [zoneOf(last)],
      }
    },
  }
}

/** No block holds it that is not damaged. */
export const BAD = -(2 ** 31)

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function zoneOf(values: readonly number[]): Zone {
  if (values.length === 0) return { min: null, max: null, nulls: false }
  return { min: Math.min(...values), max: Math.max(...values), nulls: false }
}
