/** Pieces of a file without an index: their rows, and the segments they fall into. */

import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../batch.ts'
import type { Layout, Piece, PieceResult, Point } from '../types.ts'
import { type Job, newReader, Records } from './records.ts'
import { type RawPlace, SegmentCutter, segmentSpacing, withBlockEnds, withJudgedEnds } from './segments.ts'
import { type PieceSupply, supplyPiece } from './supply.ts'
import { grow, RawWindow } from './window.ts'

/** How far behind a piece its first record may have to be looked for. */
const SYNC_REACH = 4 << 20

/** The rows of a piece, and the segments it falls into. */
export async function* readPiece(
  job: Job,
  piece: Piece,
  projection: readonly number[],
): AsyncGenerator<ColumnBatch, PieceResult> {
  const { format, layout, source, hooks } = job
  // All of it belongs to a record that began before it.
  const covered = piece.start !== 'sync' && piece.start >= piece.to - piece.from
  if (covered && layout.container === 'plain') return passedOver(piece.start, piece.to - piece.from)
  const blockSpacing = format.cuts === undefined ? segmentSpacing(source.size, format.spacing) : 0
  const opened = await supplyPiece(source, layout, piece, hooks, blockSpacing)
  const window = new RawWindow(opened.supply, job.hooks)
  try {
    return yield* pieceBatches(job, piece, projection, opened, window)
  } finally {
    window.close()
  }
}

/** What a piece turns out to be whose bytes belong to a record that began before it: the next one begins at `start`. */
const passedOver = (start: number, raw: number): PieceResult => ({
  start,
  stop: start,
  raw,
  rows: 0,
  segments: [],
})

async function* pieceBatches(
  job: Job,
  piece: Piece,
  projection: readonly number[],
  opened: PieceSupply,
  window: RawWindow,
): AsyncGenerator<ColumnBatch, PieceResult> {
  const { layout, source } = job
  const { supply } = opened
  const start = await findStart(job, piece, opened, window)
  if (start < 0) return passedOver(start, 0)
  if (window.raw < start) return passedOver(start, supply.pieceEnd!)
  job.hooks.onStart?.(start)

  const relative = piece.from > 0
  const reader = newReader(job, projection, { firstRecord: 0, zones: true })
  const records = new Records(job, window, reader, relative)
  const points = await firstPoints(layout, opened, window)
  const places: RawPlace[] = points.map(({ source, raw }) => ({ source, raw }))
  const cutter = new SegmentCutter(points.shift()!, start)
  const zones = () => reader.takeZones()
  const sourceEnd = () => (layout.container === 'plain' ? opened.source + window.raw : supply.sourceOffset)
  const { cuts } = job.format
  const spacing =
    cuts?.shared(source.size, layout.container) ?? segmentSpacing(source.size, job.format.spacing)
  let boundary = start + spacing
  let point = cutter.point
  /** Where decoding of a segment begins that begins with the next byte. */
  const nearest = (): Point => {
    if (layout.container === 'plain') return { source: opened.source + window.raw, bits: 0, raw: window.raw }
    while (points.length > 0 && points[0]!.raw <= window.raw) point = points.shift()!
    return point
  }
  // Looking for the first record may have led beyond the piece already.
  const beyond = opened.beyond ?? 0
  let pieceEnd = (supply.pieceEnd ?? Number.POSITIVE_INFINITY) + beyond

  for (;;) {
    if (layout.container !== 'plain' && cuts === undefined)
      boundary = points[0]?.raw ?? Number.POSITIVE_INFINITY
    // A record that begins in the piece is read to its end.
    const until = reader.long === 'inside' ? boundary : Math.min(boundary, pieceEnd)
    const from = window.at
    const { final } = window
    records.read(until, final)
    cutter.pass(window.bytes, from, window.at)
    const { long } = reader
    const edge = long === 'before' || long === 'behind'
    if (cuts !== undefined && (edge || (long === 'inside' && window.raw >= boundary))) {
      const rows = reader.seen + (long === 'inside' ? 1 : 0)
      cutter.cutAnywhere(window.raw, rows, sourceEnd(), zones, nearest())
      boundary = window.raw + (long === 'behind' ? spacing : cuts.inside)
    }
    if (records.full) {
      yield records.take()
      continue
    }
    if (reader.breaks === true) {
      // From the same point as the segment before, unless any place will do.
      const here = { source: opened.source + window.raw, bits: 0, raw: window.raw }
      const point = layout.container === 'plain' ? here : cutter.point
      cutter.cut(window.raw, reader.seen, sourceEnd(), zones, point)
      continue
    }
    if (edge || (long === 'inside' && window.raw >= until)) continue
    if (window.raw >= until) {
      if (window.raw >= pieceEnd) break
      if (layout.container === 'plain' || cuts !== undefined) {
        cutter.cut(window.raw, reader.seen, sourceEnd(), zones, nearest())
        boundary = window.raw + spacing
      } else {
        let point = points.shift()!
        // A record longer than the spacing passes several points: the last one is the nearest.
        while (points.length > 0 && points[0]!.raw <= window.raw) point = points.shift()!
        cutter.cut(window.raw, reader.seen, sourceEnd(), zones, point)
      }
      continue
    }
    if (window.decode()) {
      for (const point of supply.takePoints()) {
        points.push(point)
        places.push({ source: point.source, raw: point.raw })
      }
    } else if (window.final) {
      // The reader has not seen yet that the file ends here.
      if (!final && (window.at < window.fill || long === 'inside')) continue
      if (pieceEnd !== Number.POSITIVE_INFINITY || window.at >= window.fill) break
      pieceEnd = supply.rawOffset
    } else if (supply.exhausted && pieceEnd === Number.POSITIVE_INFINITY) {
      pieceEnd = supply.rawOffset + beyond
    } else {
      await supply.more()
    }
  }
  const stop = window.raw
  cutter.close(stop, reader.seen, piece.to >= source.size ? source.size : sourceEnd(), zones)
  if (reader.rows > 0) yield records.take()
  const raw = pieceEnd === Number.POSITIVE_INFINITY ? supply.rawOffset : pieceEnd
  if (stop < raw) throw new VarveError('internal', `reading stopped at ${stop} of ${raw} (${source.uri})`)
  const judged = layout.container === 'gzip'
  if (judged) places.push({ source: source.size, raw })
  const blocks = layout.container === 'bgzf' && cuts !== undefined
  const segments = judged
    ? withJudgedEnds(cutter.segments, places)
    : blocks
      ? withBlockEnds(cutter.segments, places)
      : cutter.segments
  return { start, stop, raw, rows: reader.seen, segments }
}

/** Where decoding the piece begins, and the access points passed while its first record was looked for. */
async function firstPoints(layout: Layout, opened: PieceSupply, window: RawWindow): Promise<Point[]> {
  const own = { source: opened.source, bits: 0, raw: 0 }
  if (layout.container === 'plain') return [own]
  // The decoder's first point is behind the gzip header; it shows when the first bytes are decoded.
  if (window.fill === 0) await grow(window, Number.POSITIVE_INFINITY)
  const points = opened.supply.takePoints()
  if (layout.container === 'gzip' && points.length > 0) return points
  return [own, ...points.filter((point) => point.raw > 0)]
}

/** Raw offset of the piece's first record; -1 when it does not show. Leaves the window there. */
async function findStart(
  { format, layout }: Job,
  piece: Piece,
  opened: PieceSupply,
  window: RawWindow,
): Promise<number> {
  if (piece.start !== 'sync') {
    while (window.base + window.fill < piece.start) {
      window.at = window.fill
      // A piece that ends before has nothing to read.
      if ((opened.supply.pieceEnd ?? Number.POSITIVE_INFINITY) <= piece.start) return piece.start
      if (!(await grow(window, Number.POSITIVE_INFINITY))) return -1
    }
    window.at = piece.start - window.base
    return piece.start
  }
  window.at = 0
  // Where the search is no guess, what begins behind the piece is the next one's.
  let reach = format.findsAll === true ? 0 : SYNC_REACH
  for (;;) {
    const context = Math.max(0, -window.base)
    const found = format.sync(layout, window.bytes, context, window.fill, window.final)
    if (found >= 0) {
      window.at = found
      return window.base + found
    }
    const before = window.fill
    if (window.final) return -1
    // What was fetched is looked at to its end in any case.
    const goesOn = reach > 0 || !opened.supply.exhausted
    if (!(goesOn ? await grow(window, Number.POSITIVE_INFINITY) : window.decode())) return -1
    if (opened.supply.exhausted) reach -= window.fill - before
  }
}
