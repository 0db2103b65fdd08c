/** Cuts a file into segments while it is read: the index is a by-product of the first scan. */

import { crc32 } from 'node:zlib'
import type { Point, Segment } from '../types.ts'
import type { Zone } from './types.ts'

interface Open {
  readonly point: Point
  readonly raw: number
  readonly firstRow: number
}

/** Distance between segments where any place will do: 1 MiB, more in huge files, so that an index stays small. */
export function segmentSpacing(size: number): number {
  return Math.max(1 << 20, Math.ceil(size / 65536))
}

export class SegmentCutter {
  readonly segments: Segment[] = []
  #open: Open
  #crc = 0

  constructor(point: Point, raw: number) {
    this.#open = { point, raw, firstRow: 0 }
  }

  /** The records passed: bytes[start, end). */
  pass(bytes: Uint8Array, start: number, end: number): void {
    if (end > start) this.#crc = crc32(bytes.subarray(start, end), this.#crc)
  }

  /**
   * Ends the open segment before the record at `raw` and begins the next one there. Without a record in
   * between, the open segment goes on: it takes no space in the index.
   */
  cut(raw: number, row: number, sourceEnd: number, takeZones: () => Zone[], next: Point): void {
    if (row === this.#open.firstRow) return
    this.close(raw, row, sourceEnd, takeZones)
    this.#open = { point: next, raw, firstRow: row }
    this.#crc = 0
  }

  /** Ends the last segment. */
  close(raw: number, row: number, sourceEnd: number, takeZones: () => Zone[]): void {
    const { point, raw: from, firstRow } = this.#open
    if (row === firstRow && raw === from) return
    this.segments.push({
      point,
      end: sourceEnd,
      raw: from,
      rawEnd: raw,
      firstRow,
      rows: row - firstRow,
      crc: this.#crc >>> 0,
      zones: takeZones(),
    })
  }
}
