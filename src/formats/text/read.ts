/** Decodes runs and pieces of a text format: window in, batches out, segments on the side. */

import { crc32 } from 'node:zlib'
import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../batch.ts'
import type { Layout, Piece, PieceResult, Point, ReadHooks, Run } from '../types.ts'
import { SegmentCutter, segmentSpacing } from './segments.ts'
import { type PieceSupply, supplyPiece, supplyRun } from './supply.ts'
import { BadRecordError, type RecordReader, type TextFormat } from './types.ts'
import { RawWindow } from './window.ts'

const SMALL_BATCH = 2048
const LARGE_BATCH = 65536
const BATCH_BYTES = 2 << 20
/** How far behind a piece its first record may have to be looked for. */
const SYNC_REACH = 4 << 20

/** What an error says of its place. */
export interface Place {
  readonly uri: string
  readonly record: number
  readonly byte: number
  /** Both count from the piece's beginning, and the message holds `{record}` and `{byte}` in their place. */
  readonly relative?: true
}

/** A reader over a window, with batch sizes and places. */
class Records {
  #batchRows: number

  constructor(
    readonly uri: string,
    readonly window: RawWindow,
    readonly reader: RecordReader,
    readonly hooks: ReadHooks,
    readonly relative = false,
  ) {
    this.#batchRows = hooks.small === true ? SMALL_BATCH : LARGE_BATCH
  }

  get full(): boolean {
    return this.reader.rows >= this.#batchRows || this.reader.bytes >= BATCH_BYTES
  }

  take(): ColumnBatch {
    this.#batchRows = LARGE_BATCH
    return this.reader.take()
  }

  /** Reads the records in the window that begin before the raw offset `until`, `maxRows` at most. */
  read(until: number, final: boolean, maxRows = Number.POSITIVE_INFINITY): void {
    const { window, reader } = this
    const stop = Math.min(until - window.base, window.fill)
    try {
      const rows = Math.min(this.#batchRows, maxRows)
      window.at = reader.read(window.bytes, window.at, stop, window.fill, final, rows)
    } catch (error) {
      throw error instanceof BadRecordError ? this.#placed(error) : error
    }
    for (const bad of reader.takeRejects()) this.hooks.onReject?.({ ...bad, byte: window.base + bad.at })
  }

  #placed(error: BadRecordError): VarveError {
    const { at, record, message } = error.bad
    const byte = this.window.base + at
    const place: Place = { uri: this.uri, record, byte, ...(this.relative && { relative: true }) }
    const text = this.relative ? message.replace(` ${record}`, ' {record}') : message
    const where = `(${this.uri} @ byte ${this.relative ? '{byte}' : byte})`
    return new VarveError('invalid-data', `${text} ${where}`, { ...place }, error)
  }
}

/** Compares the decompressed bytes with the CRCs that the index keeps, segment by segment. */
class Checker {
  readonly #checks: { rawEnd: number; crc: number }[]
  #crc = 0

  constructor(
    readonly uri: string,
    checks: Run['checks'],
  ) {
    this.#checks = [...checks]
  }

  /** The records passed, [from, to) in the window. */
  pass(window: RawWindow, from: number, to: number): void {
    let at = from
    while (this.#checks.length > 0 && at < to) {
      const { rawEnd, crc } = this.#checks[0]!
      const stop = Math.min(to, rawEnd - window.base)
      this.#crc = crc32(window.bytes.subarray(at, stop), this.#crc)
      at = stop
      if (window.base + stop < rawEnd) return
      if (this.#crc >>> 0 !== crc) {
        const message = `CRC-32 of the decompressed bytes up to ${rawEnd} is ${hex(this.#crc)}, expected ${hex(crc)}, as when the index was built`
        throw new VarveError('invalid-data', `${message} (${this.uri})`, { uri: this.uri, byte: rawEnd })
      }
      this.#checks.shift()
      this.#crc = 0
    }
  }
}

const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0')

/** Brings more bytes into the window, up to the raw offset `limit`; false when there are none. */
async function grow(window: RawWindow, limit: number): Promise<boolean> {
  for (;;) {
    if (window.base + window.fill >= limit) return false
    if (window.decode(limit)) return true
    if (window.final) return false
    await window.supply.more()
  }
}

/** A run's window with its first row at the front. */
async function openRun(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  run: Run,
  hooks: ReadHooks,
): Promise<RawWindow> {
  const window = new RawWindow(supplyRun(source, layout, run, hooks))
  try {
    await skipTo(format, layout, source, run, hooks, window)
  } catch (error) {
    window.supply.close()
    throw error
  }
  return window
}

async function skipTo(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  run: Run,
  hooks: ReadHooks,
  window: RawWindow,
): Promise<void> {
  while (window.base + window.fill < run.raw) {
    if (!(await grow(window, run.rawEnd))) throw cutShort(source.uri, run)
    window.at = Math.min(window.fill, run.raw - window.base)
  }
  window.at = run.raw - window.base
  const settings = { zones: false, ignoreErrors: hooks.ignoreErrors, allocate: hooks.allocate }
  const reader = format.reader(layout, [], { ...settings, firstRecord: run.firstRow })
  const records = new Records(source.uri, window, reader, hooks)
  while (reader.seen < run.skip) {
    const from = window.at
    records.read(run.rawEnd, window.base + window.fill === run.rawEnd, run.skip - reader.seen)
    reader.take()
    if (window.at === from && !(await grow(window, run.rawEnd))) throw cutShort(source.uri, run)
  }
}

function cutShort(uri: string, run: Run): VarveError {
  const message = `the decompressed bytes end before ${run.rawEnd}, where the index says that a slice ends (${uri})`
  return new VarveError('invalid-data', message, { uri, byte: run.rawEnd })
}

/** The rows of a run. */
export async function* readRun(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  run: Run,
  projection: readonly number[],
  hooks: ReadHooks,
): AsyncGenerator<ColumnBatch, undefined> {
  const window = await openRun(format, layout, source, run, hooks)
  try {
    yield* runBatches(format, layout, source, run, projection, hooks, window)
  } finally {
    window.supply.close()
  }
}

async function* runBatches(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  run: Run,
  projection: readonly number[],
  hooks: ReadHooks,
  window: RawWindow,
): AsyncGenerator<ColumnBatch, undefined> {
  const reader = format.reader(layout, projection, {
    zones: false,
    ignoreErrors: hooks.ignoreErrors,
    allocate: hooks.allocate,
    firstRecord: run.firstRow + run.skip,
  })
  const records = new Records(source.uri, window, reader, hooks)
  const checker = new Checker(source.uri, run.skip === 0 ? run.checks : [])
  for (;;) {
    const from = window.at
    // A run ends where a record ends, so its last bytes are final for the reader.
    records.read(run.rawEnd, window.base + window.fill === run.rawEnd, run.rows - reader.seen + reader.rows)
    checker.pass(window, from, window.at)
    const end = reader.seen >= run.rows || window.raw >= run.rawEnd
    if (reader.rows > 0 && (end || records.full)) yield records.take()
    else if (!end && !(await grow(window, run.rawEnd))) throw cutShort(source.uri, run)
    if (end) break
  }
  if (reader.seen < run.rows && !hooks.ignoreErrors) throw cutShort(source.uri, run)
  return undefined
}

/** The decompressed bytes of a run's rows, as they stand in the file. */
export async function* readText(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  run: Run,
  hooks: ReadHooks,
): AsyncGenerator<Uint8Array, undefined> {
  const window = await openRun(format, layout, source, run, hooks)
  try {
    yield* runText(format, layout, source, run, hooks, window)
  } finally {
    window.supply.close()
  }
}

async function* runText(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  run: Run,
  hooks: ReadHooks,
  window: RawWindow,
): AsyncGenerator<Uint8Array, undefined> {
  const settings = { zones: false, ignoreErrors: true, allocate: hooks.allocate, firstRecord: 0 }
  const reader = format.reader(layout, [], settings)
  const records = new Records(source.uri, window, reader, hooks)
  for (;;) {
    const from = window.at
    records.read(run.rawEnd, window.base + window.fill === run.rawEnd, run.rows - reader.seen)
    reader.take()
    // White lines behind a segment's last record are no records, but they are in the file.
    if (run.toEnd && reader.seen >= run.rows) window.at = window.fill
    if (window.at > from) yield window.bytes.slice(from, window.at)
    if ((reader.seen >= run.rows && !run.toEnd) || window.raw >= run.rawEnd) return undefined
    if (window.at === from && !(await grow(window, run.rawEnd))) throw cutShort(source.uri, run)
  }
}

/** The rows of a piece, and the segments it falls into. */
export async function* readPiece(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  piece: Piece,
  projection: readonly number[],
  hooks: ReadHooks,
): AsyncGenerator<ColumnBatch, PieceResult> {
  const opened = await supplyPiece(source, layout, piece, hooks)
  try {
    return yield* pieceBatches(format, layout, source, piece, projection, hooks, opened)
  } finally {
    opened.supply.close()
  }
}

async function* pieceBatches(
  format: TextFormat,
  layout: Layout,
  source: ByteSource,
  piece: Piece,
  projection: readonly number[],
  hooks: ReadHooks,
  opened: PieceSupply,
): AsyncGenerator<ColumnBatch, PieceResult> {
  const { supply } = opened
  const window = new RawWindow(supply)
  const start = await findStart(format, layout, piece, opened, window)
  if (start < 0) return { start, stop: start, raw: 0, rows: 0, segments: [] }
  hooks.onStart?.(start)

  const relative = piece.from > 0
  const reader = format.reader(layout, projection, {
    zones: true,
    ignoreErrors: hooks.ignoreErrors,
    allocate: hooks.allocate,
    firstRecord: 0,
  })
  const records = new Records(source.uri, window, reader, hooks, relative)
  const points = await firstPoints(layout, opened, window)
  const cutter = new SegmentCutter(points.shift()!, start)
  const zones = () => reader.takeZones()
  const sourceEnd = () => (layout.container === 'plain' ? opened.source + window.raw : supply.sourceOffset)
  const spacing = segmentSpacing(source.size)
  let boundary = start + spacing
  let pieceEnd = Number.POSITIVE_INFINITY

  for (;;) {
    if (layout.container !== 'plain') boundary = points[0]?.raw ?? Number.POSITIVE_INFINITY
    const until = Math.min(boundary, pieceEnd)
    const from = window.at
    records.read(until, window.final)
    cutter.pass(window.bytes, from, window.at)
    if (records.full) {
      yield records.take()
      continue
    }
    if (window.raw >= until) {
      if (window.raw >= pieceEnd) break
      if (layout.container === 'plain') {
        cutter.cut(window.raw, reader.seen, sourceEnd(), zones, {
          source: opened.source + window.raw,
          bits: 0,
          raw: window.raw,
        })
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
      points.push(...supply.takePoints())
    } else if (window.final) {
      if (pieceEnd !== Number.POSITIVE_INFINITY || window.at >= window.fill) break
      // The reader has not seen yet that the file ends here.
      pieceEnd = supply.rawOffset
    } else if (supply.exhausted && pieceEnd === Number.POSITIVE_INFINITY) {
      pieceEnd = supply.rawOffset
    } else {
      await supply.more()
    }
  }
  const stop = window.raw
  cutter.close(stop, reader.seen, piece.to >= source.size ? source.size : sourceEnd(), zones)
  if (reader.rows > 0) yield records.take()
  const raw = pieceEnd === Number.POSITIVE_INFINITY ? supply.rawOffset : pieceEnd
  if (stop < raw) throw new VarveError('internal', `${format.name}: reading stopped at ${stop} of ${raw} (${source.uri})`)
  return { start, stop, raw, rows: reader.seen, segments: cutter.segments }
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
  format: TextFormat,
  layout: Layout,
  piece: Piece,
  opened: PieceSupply,
  window: RawWindow,
): Promise<number> {
  if (piece.start !== 'sync') {
    while (window.base + window.fill < piece.start) {
      window.at = window.fill
      if (!(await grow(window, Number.POSITIVE_INFINITY))) return -1
    }
    window.at = piece.start - window.base
    return piece.start
  }
  window.at = 0
  let reach = SYNC_REACH
  for (;;) {
    const context = Math.max(0, -window.base)
    const found = format.sync(layout, window.bytes, context, window.fill, window.final)
    if (found >= 0) {
      window.at = found
      return window.base + found
    }
    const before = window.fill
    if (reach <= 0 || window.final || !(await grow(window, Number.POSITIVE_INFINITY))) return -1
    if (opened.supply.exhausted) reach -= window.fill - before
  }
}
