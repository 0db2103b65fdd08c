/** Columns that say where a tile or pixel stands: known without a byte of it. */

import type { ColumnVector } from '../batch.ts'
import { type Allocate, Utf8Builder } from '../builders.ts'
import { boundsOf } from './georeference.ts'
import { nodataValue } from './nodata.ts'
import type { Tile } from './tiles.ts'
import type { Dialect } from './types.ts'

/** Rows [from, to) of the tile: the tile itself, or some of its pixels. */
export function placeColumn(
  name: string,
  dialect: Dialect,
  tile: Tile,
  { from, to }: { readonly from: number; readonly to: number },
  allocate: Allocate,
): ColumnVector {
  const length = to - from
  const { level, transform, pixels } = dialect
  switch (name) {
    case 'level':
      return integers(allocate, length, level)
    case 'tile_col':
      return integers(allocate, length, tile.tileCol)
    case 'tile_row':
      return integers(allocate, length, tile.tileRow)
    case 'width':
      return integers(allocate, length, tile.width)
    case 'height':
      return integers(allocate, length, tile.height)
    case 'col':
      if (!pixels) return integers(allocate, length, tile.col)
      return perPixel(new Int32Array(allocate(length * 4), 0, length), tile, from, (col) => tile.col + col)
    case 'row':
      if (!pixels) return integers(allocate, length, tile.row)
      return perPixel(new Int32Array(allocate(length * 4), 0, length), tile, from, (_, row) => tile.row + row)
    case 'x':
    case 'y':
      return centres(name, dialect, tile, from, length, allocate)
    case 'crs':
      return text(dialect.crs, allocate)
    case 'nodata':
      return number(nodataOf(dialect), allocate)
    case 'transform':
      return numbers(transform, allocate)
    default: {
      const bounds = transform && boundsOf(transform, tile)
      const corners = { x_min: 'xMin', y_min: 'yMin', x_max: 'xMax', y_max: 'yMax' } as const
      return number(bounds?.[corners[name as keyof typeof corners]], allocate)
    }
  }
}

function integers(allocate: Allocate, length: number, value: number): ColumnVector {
  return { length, values: new Int32Array(allocate(Math.max(8, length * 4)), 0, length).fill(value) }
}

function perPixel<T extends Int32Array | Float64Array>(
  values: T,
  { width }: Tile,
  from: number,
  of: (col: number, row: number) => number,
): ColumnVector {
  let col = from % width
  let row = (from - col) / width
  for (let i = 0; i < values.length; i++) {
    values[i] = of(col, row)
    if (++col === width) {
      col = 0
      row++
    }
  }
  return { length: values.length, values }
}

/** The operations of `at`, in its order. */
function centres(
  name: 'x' | 'y',
  { transform }: Dialect,
  tile: Tile,
  from: number,
  length: number,
  allocate: Allocate,
): ColumnVector {
  const values = new Float64Array(allocate(Math.max(8, length * 8)), 0, length)
  if (transform === undefined) return allNull(values, allocate)
  const [start, byCol, byRow] = name === 'x' ? transform.slice(0, 3) : transform.slice(3)
  const [left, top] = [tile.col + 0.5, tile.row + 0.5]
  return perPixel(values, tile, from, (col, row) => byCol! * (left + col) + byRow! * (top + row) + start!)
}

function allNull(values: Float64Array, allocate: Allocate): ColumnVector {
  const { length } = values
  values.fill(0)
  const bytes = (length + 7) >> 3
  return { length, values, validity: new Uint8Array(allocate(Math.max(8, bytes)), 0, bytes).fill(0) }
}

function number(value: number | undefined, allocate: Allocate): ColumnVector {
  const values = new Float64Array(allocate(8), 0, 1)
  if (value === undefined) return allNull(values, allocate)
  values[0] = value
  return { length: 1, values }
}

function nodataOf({ nodata, raster }: Dialect): number | undefined {
  const value = nodata === undefined ? undefined : nodataValue(nodata, raster.kind)
  return value === undefined ? undefined : Number(value)
}

function numbers(values: readonly number[] | undefined, allocate: Allocate): ColumnVector {
  const items = new Float64Array(allocate(Math.max(8, (values?.length ?? 0) * 8)), 0, values?.length ?? 0)
  items.set(values ?? [])
  const offsets = new Int32Array(allocate(8), 0, 2)
  offsets[0] = 0
  offsets[1] = items.length
  const validity = values === undefined ? new Uint8Array(allocate(8), 0, 1).fill(0) : undefined
  return { length: 1, offsets, validity, children: [{ length: items.length, values: items }] }
}

function text(value: string | undefined, allocate: Allocate): ColumnVector {
  const builder = new Utf8Builder(allocate)
  if (value === undefined) builder.appendNull()
  else {
    const bytes = Buffer.from(value)
    builder.append(bytes, 0, bytes.length)
  }
  return builder.take()
}
