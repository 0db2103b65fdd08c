/** Blocks of points as column batches. */

import type { ColumnBatch } from '../batch.ts'
import type { BlockReader, BlockSettings } from '../blocks/types.ts'
import type { Zone } from '../text/types.ts'
import type { Part } from '../types.ts'
import { type PointColumn, pointColumns } from './columns.ts'
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
  readonly #file: LasFile
  readonly #columns: readonly PointColumn[]
  readonly #wanted: Wanted
  /** Something of a block's bytes is wanted. */
  readonly #reads: boolean
  readonly #settings: BlockSettings
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
    for (let row = 0; row < until; ) {
      const count = Math.min(maxRows, BATCH, until - row, left)
      const points = pointsFor(recordLength - shape.size, shape.wave === undefined ? 0 : WAVE_BYTES)
      if (block !== undefined) {
        decoder.decode(points, count)
        if (decoder.overrun)
          throw badLas(
            `points ${part.firstRow + row} to ${part.firstRow + row + count} need more bytes than the block has, expected ${block.length} to be enough`,
            uri,
            part.source,
          )
      }
      this.#zones?.add(points, count)
      const first = Math.max(0, from - row)
      const last = Math.min(count, to - row)
      if (first < last) {
        const stretch = { points, from: first, to: last, firstRow: part.firstRow + row + first, level }
        const columns = this.#columns.map((column) => column.build(stretch, this.#settings.allocate))
        yield { rows: last - first, columns }
      }
      row += count
      left -= count
      if (left === 0 && row < until) {
        left = Math.min(chunk, part.rows - row)
        if (block !== undefined) decoder.open(block, decoder.position)
      }
    }
  }

  takeZones(): readonly Zone[] {
    return this.#zones?.take() ?? []
  }
}
