/** Cuts a file into segments while it is read: the index is a by-product of the first scan. */

import { crc32 } from 'node:zlib'
import type { Point, Segment } from '../types.ts'
import type { Zone } from './types.ts'

interface Open {
  readonly point: Point
  readonly raw: number
  readonly firstRow: number
}

/** Distance between segments where any place will do; more in huge files, so that an index stays small. */
export function segmentSpacing(size: number, wanted = 1 << 20): number {
  return Math.max(wanted, Math.ceil(size / 65536))
}

/**
 * Distance between segments of files that people want regions of: what stands around a small region in its segments is
 * decoded in vain. Half as much would make the index of a middling file more than one request.
 */
export const REGION_SPACING = 512 << 10

/** Deflate is not even: more than what a few records are off by. */
const UNEVEN = 8 * 1024

/**
 * The segments with their source ends judged by the access points around them, of which the last stands at the
 * file's end. How far the decoder has come when a segment is cut depends on how it was fed; an index shall not.
 */
export function withJudgedEnds(segments: readonly Segment[], points: readonly RawPlace[]): Segment[] {
  const last = points.at(-1)!
  let i = 1
  return segments.map((segment) => {
    while (i < points.length - 1 && points[i]!.raw <= segment.rawEnd) i++
    const before = points[i - 1]!
    const behind = points[i] ?? last
    const part = (segment.rawEnd - before.raw) / Math.max(1, behind.raw - before.raw)
    const end = Math.ceil(before.source + (behind.source - before.source) * part) + UNEVEN
    // A point's first byte may still hold bits of the block before it.
    return { ...segment, end: Math.min(last.source, end, behind.source + 1) }
  })
}

/** The segments of bgzf with the ends of their last blocks: those that the next one begins at, or behind which. */
export function withBlockEnds(segments: readonly Segment[], blocks: readonly RawPlace[]): Segment[] {
  let i = 0
  return segments.map((segment) => {
    while (i < blocks.length && blocks[i]!.raw < segment.rawEnd) i++
    const next = blocks[i]
    return next === undefined ? segment : { ...segment, end: Math.min(segment.end, next.source) }
  })
}

/** A place in the source, and in what it is decompressed. */
export type RawPlace = Pick<Point, 'source' | 'raw'>

export class SegmentCutter {
  readonly segments: Segment[] = []
  #open: Open
  #crc = 0

  constructor(point: Point, raw: number) {
    this.#open = { point, raw, firstRow: 0 }
  }

  /** Where decoding of the open segment begins. */
  get point(): Point {
    return this.#open.point
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

  /**
   * The same for a place where a segment shall begin, with or without a record before it: inside of one, which
   * counts as a row of the segment that it begins in, or behind it.
   */
  cutAnywhere(raw: number, row: number, sourceEnd: number, takeZones: () => Zone[], next: Point): void {
    const { raw: from, firstRow } = this.#open
    // What was gathered for a segment that has nothing must not be taken for the next one's.
    if (raw === from && row === firstRow) takeZones()
    else this.close(raw, row, sourceEnd, takeZones)
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
