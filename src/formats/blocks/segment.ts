import type { Zone } from '../text/types.ts'
import type { Part, Segment } from '../types.ts'

/** What a file says of one block. */
export interface Block {
  /** Source bytes [source, end): all that it is made of, or the stretch that it stands in. */
  readonly source: number
  readonly end: number
  readonly rows: number
  /** Decoded bytes, about: by them work is shared. */
  readonly raw: number
  /** What decoding it needs beside its bytes; kept in the index. */
  readonly window?: Uint8Array | undefined
  /** One per `layout.zones`, undefined where it is not known; empty as long as none is. */
  readonly zones: readonly (Zone | undefined)[]
}

/** Blocks, in the order of their rows, as segments. */
export function blockSegments(blocks: Iterable<Block>): Segment[] {
  let raw = 0
  let firstRow = 0
  const segments: Segment[] = []
  for (const block of blocks) {
    const rawEnd = raw + Math.max(1, Math.round(block.raw))
    const point = { source: block.source, bits: 0, raw, window: block.window }
    segments.push({
      point,
      end: block.end,
      raw,
      rawEnd,
      firstRow,
      rows: block.rows,
      crc: 0,
      zones: block.zones,
    })
    raw = rawEnd
    firstRow += block.rows
  }
  return segments
}

/** A segment as a block of a run. */
export function partOf({ point, end, raw, rawEnd, firstRow, rows }: Segment): Part {
  return { source: point.source, end, raw: rawEnd - raw, firstRow, rows, window: point.window }
}
