/** The columns of a raster, and all that its tiles need to be decoded. */

import type { DataType, Field } from '../batch.ts'
import type { BlockLayout } from '../blocks/types.ts'
import type { FileAtHand } from '../types.ts'
import { readGeoreference, scaleTransform } from './georeference.ts'
import { readLevel } from './levels.ts'
import { readNodata } from './nodata.ts'
import { clipped, type ReadOptions } from './options.ts'
import { TiffBytes } from './tiff/bytes.ts'
import { readDirectories, tiffHeader } from './tiff/directory.ts'
import type { Dialect, Raster } from './types.ts'

const int32 = (name: string): Field => ({ name, type: { kind: 'int32' } })
const float64 = (name: string): Field => ({ name, type: { kind: 'float64' } })
const list = (item: DataType): DataType => ({ kind: 'list', item })

/** Where a tile stands, or a pixel and its tile. */
const PLACE = ['level', 'tile_col', 'tile_row', 'col', 'row'].map(int32)

const TILE_COLUMNS: readonly Field[] = [
  ...PLACE,
  int32('width'),
  int32('height'),
  float64('x_min'),
  float64('y_min'),
  float64('x_max'),
  float64('y_max'),
  { name: 'crs', type: { kind: 'utf8' } },
  { name: 'transform', type: list({ kind: 'float64' }) },
  float64('nodata'),
]
const PIXEL_COLUMNS: readonly Field[] = [...PLACE, float64('x'), float64('y')]

const RECORD: Field = { name: 'record', type: { kind: 'int64' } }

const TILE_ZONES = ['level', 'tile_col', 'tile_row', 'col', 'row', 'x_min', 'y_min', 'x_max', 'y_max']
const PIXEL_ZONES = ['level', 'tile_col', 'tile_row', 'col', 'row', 'x', 'y']

export async function readLayout(file: FileAtHand, options: ReadOptions): Promise<BlockLayout> {
  const { level, pixels, window } = options
  const known = await levelOf(file, level)
  const { width, height } = known.raster
  const all = { col: 0, row: 0, width, height }
  const dialect: Dialect = {
    ...known,
    pixels,
    window: window === undefined ? all : clipped(window, width, height),
  }
  const columns = columnsOf(known.raster, known.mask !== undefined, pixels)
  return {
    columns,
    zones: pixels ? PIXEL_ZONES : TILE_ZONES,
    ordinal: columns.length - 1,
    dialect: dialect as unknown as BlockLayout['dialect'],
  }
}

/** What does not depend on how much of a level is read, and as what. */
type LevelFacts = Omit<Dialect, 'pixels' | 'window'>

/** Read once of a file that is remembered: its next window is another layout, but the same level. */
async function levelOf(file: FileAtHand, level: number): Promise<LevelFacts> {
  const name = `geotiff level ${level}`
  const known = file.memory?.recall<LevelFacts>(name)
  if (known !== undefined) return known
  // As it travels: without what is undefined.
  const text = JSON.stringify(await readLevelFacts(file, level))
  const facts = JSON.parse(text) as LevelFacts
  file.memory?.keep(name, facts, 2 * text.length)
  return facts
}

async function readLevelFacts({ source, head, signal }: FileAtHand, level: number): Promise<LevelFacts> {
  const bytes = new TiffBytes(source, signal)
  const directories = await readDirectories(bytes)
  const first = directories[0]!
  const { full, raster, mask } = await readLevel(bytes, directories, level)
  const { crs, transform } = await readGeoreference(bytes, first)
  return {
    ...tiffHeader(head.bytes)!,
    level,
    raster,
    mask,
    transform: transform && scaleTransform(transform, full.width / raster.width, full.height / raster.height),
    crs,
    nodata: await readNodata(bytes, first, full.kind),
  }
}

function columnsOf({ bands, kind }: Raster, masked: boolean, pixels: boolean): Field[] {
  const type: DataType = pixels ? { kind } : list({ kind })
  const values = Array.from({ length: bands }, (_, i): Field => ({ name: `band_${i + 1}`, type }))
  if (pixels) return [...PIXEL_COLUMNS, ...values, RECORD]
  const mask: Field[] = masked ? [{ name: 'mask', type: list({ kind: 'uint8' }) }] : []
  return [...TILE_COLUMNS, ...values, ...mask, RECORD]
}
