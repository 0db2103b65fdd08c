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

export async function readLayout(
  { source, head, signal }: FileAtHand,
  options: ReadOptions,
): Promise<BlockLayout> {
  const bytes = new TiffBytes(source, signal)
  const directories = await readDirectories(bytes)
  const first = directories[0]!
  const { full, raster, mask } = await readLevel(bytes, directories, options.level)
  const { crs, transform } = await readGeoreference(bytes, first)
  const { width, height } = raster
  const all = { col: 0, row: 0, width, height }
  const dialect: Dialect = {
    ...tiffHeader(head.bytes)!,
    level: options.level,
    pixels: options.pixels,
    window: options.window === undefined ? all : clipped(options.window, width, height),
    raster,
    mask,
    transform: transform && scaleTransform(transform, full.width / width, full.height / height),
    crs,
    nodata: await readNodata(bytes, first, full.kind),
  }
  const columns = columnsOf(raster, mask !== undefined, options.pixels)
  return {
    columns,
    zones: options.pixels ? PIXEL_ZONES : TILE_ZONES,
    ordinal: columns.length - 1,
    dialect: JSON.parse(JSON.stringify(dialect)) as BlockLayout['dialect'],
  }
}

function columnsOf({ bands, kind }: Raster, masked: boolean, pixels: boolean): Field[] {
  const type: DataType = pixels ? { kind } : list({ kind })
  const values = Array.from({ length: bands }, (_, i): Field => ({ name: `band_${i + 1}`, type }))
  if (pixels) return [...PIXEL_COLUMNS, ...values, RECORD]
  const mask: Field[] = masked ? [{ name: 'mask', type: list({ kind: 'uint8' }) }] : []
  return [...TILE_COLUMNS, ...values, ...mask, RECORD]
}
