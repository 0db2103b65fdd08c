/** Blocks of points as column batches. */

import type { ColumnBatch } from '../batch.ts'
import type { BlockReader, BlockSettings } from '../blocks/types.ts'
import type { Zone } from '../text/types.ts'
import type { Part } from '../types.ts'
import { Box } from './box.ts'
import { type PointColumn, pointColumns, type Stretch } from './columns.ts'
import { badLas } from './error.ts'
import { LayeredDecoder } from './laz/layered.ts'
import { PointwiseDecoder } from './laz/pointwise.ts'
import { PlainDecoder } from './plain.ts'
import { Points, type Wanted, wantedFields } from './points.ts'
import { SHAPES, WAVE_BYTES } from './record.ts'
import type { LasDialect } from './types.ts'
import { ZONE_FIELDS, ZoneGatherer } from './zones.ts'

/** Points that are decoded together: about a chunk of LASzip's. */
const BATCH = 65536

/** What a thread decodes into: a batch is made of it before anybody else may want it. */
let shared: Points | undefined
const places = new Int32Array(BATCH)

function pointsFor(extraBytes: number, waveBytes: number): Points {
  if (shared === undefined || shared.extraBytes !== extraBytes || shared.wave.length < waveBytes * BATCH)
    shared = new Points(BATCH, extraBytes, waveBytes)
  return shared
}

export interface LasFile {
  readonly uri: string
  readonly dialect: LasDialect
  /** Blocks have a level, which is their window. */
  readonly levels: boolean
}

export function lasReader(
  file: LasFile,
  projection: readonly number[],
  settings: BlockSettings,
): BlockReader {
  return new LasReader(file, projection, settings)
}

class LasReader implements BlockReader {
  readonly lends = true
  readonly #file: LasFile
  readonly #columns: readonly PointColumn[]
  readonly #wanted: Wanted
  /** Something of a block's bytes is wanted. */
  readonly #reads: boolean
  readonly #settings: BlockSettings
  readonly #box: Box | undefined
  /** Points in the box of those that were decoded last. */
  #kept = 0
  readonly #zones: ZoneGatherer | undefined

  constructor(file: LasFile, projection: readonly number[], settings: BlockSettings) {
    const all = pointColumns(file.dialect, file.levels)
    this.#file = file
    this.#columns = projection.map((column) => all[column]!)
    const needs = new Set(this.#columns.flatMap((column) => column.needs))
    if (settings.zones) for (const field of ZONE_FIELDS) needs.add(field)
    this.#wanted = wantedFields(needs)
    this.#reads = needs.size > 0
    this.#settings = settings
    // A column that is not read is not known.
    const known = settings.conditions?.filter(({ column }) => needs.has(column === 'z' ? 'z' : 'xy'))
    this.#box = Box.of(known, file.dialect)
    this.#zones = settings.zones ? new ZoneGatherer(file.dialect) : undefined
  }

  ranges({ source, end }: Part): { start: number; end: number }[] {
    return this.#reads ? [{ start: source, end }] : []
  }

  *decode(
    part: Part,
    bytes: readonly Uint8Array[],
    from: number,
    to: number,
    maxRows: number,
  ): Generator<ColumnBatch> {
    const { dialect, uri } = this.#file
    const { recordLength, format, compression } = dialect
    const shape = SHAPES[format]!
    const level = part.window?.[0] ?? 0
    const decoder =
      compression === undefined
        ? new PlainDecoder(shape, recordLength, this.#wanted)
        : compression.kind === 'layered'
          ? new LayeredDecoder(shape, recordLength, this.#wanted)
          : new PointwiseDecoder(shape, recordLength)
    const [block] = bytes
    if (block !== undefined) decoder.open(block, 0)
    // A block holds more than one chunk only where the file does not say where they end.
    const chunk = compression?.chunkPoints ?? Number.POSITIVE_INFINITY
    let left = Math.min(chunk, part.rows)
    const until = this.#zones === undefined ? to : part.rows
    let most = Math.min(maxRows, BATCH)
    for (let row = 0; row < until; ) {
      const count = Math.min(most, until - row, left)
      const points = pointsFor(recordLength - shape.size, shape.wave === undefined ? 0 : WAVE_BYTES)
      const [first, last] = [Math.max(0, from - row), Math.min(count, to - row)]
      if (block !== undefined) {
        // What comes later in the chunk needs its coders to have read what comes before.
        const isLast = row + count === until && this.#zones === undefined
        decoder.decode(points, count, () => {
          const end = this.#enough(points, first, last)
          return isLast ? end : count
        })
        if (decoder.overrun)
          throw badLas(
            `points ${part.firstRow + row} to ${part.firstRow + row + count} need more bytes than the block has, expected ${block.length} to be enough`,
            uri,
            part.source,
          )
      }
      this.#zones?.add(points, count)
      const stretch = this.#stretch(points, first, last, part.firstRow + row)
      const rows = stretch.to - stretch.from
      if (rows > 0) {
        // Only the first one is small, for whoever wants no more than that.
        most = BATCH
        const { allocate } = this.#settings
        yield { rows, columns: this.#columns.map((column) => column.build({ ...stretch, level }, allocate)) }
      }
      row += count
      left -= count
      if (left === 0 && row < until) {
        left = Math.min(chunk, part.rows - row)
        if (block !== undefined) decoder.open(block, decoder.position)
      }
    }
  }

  /** The points [from, to) whose place is in the box, into `places`; the end of those that must be decoded whole. */
  #enough(points: Points, from: number, to: number): number {
    if (this.#box === undefined) return Math.max(from, to)
    this.#kept = this.#box.select(points, from, to, places)
    return this.#kept === 0 ? 0 : places[this.#kept - 1]! + 1
  }

  /** The points [from, to) that may be wanted; the first decoded one is row `firstRow`. */
  #stretch(points: Points, from: number, to: number, firstRow: number): Omit<Stretch, 'level'> {
    if (this.#box === undefined || from >= to)
      return { points, from, to: Math.max(from, to), firstRow: firstRow + from }
    const kept = this.#box.refine(points, places, this.#kept)
    if (kept === to - from) return { points, from, to, firstRow: firstRow + from }
    points.gather(places, kept, this.#wanted)
    return { points, from: 0, to: kept, firstRow, places }
  }

  takeZones(): readonly Zone[] {
    return this.#zones?.take() ?? []
  }
}
