/** The columns of a file's points: names as in laspy, in the order of the specification. */

import type { ColumnValues, ColumnVector, DataType, Field } from '../batch.ts'
import { ordinals } from '../builders.ts'
import { type ExtraColumn, extraType } from './extra-bytes.ts'
import { extraValues } from './extra-values.ts'
import type { FieldName, Points } from './points.ts'
import { SHAPES, WAVE_BYTES } from './record.ts'
import type { LasDialect } from './types.ts'

export type Allocate = (bytes: number) => ArrayBuffer

/** Which points make a batch: [from, to) of those decoded, the first of them this row of the file. */
export interface Stretch {
  readonly points: Points
  readonly from: number
  readonly to: number
  readonly firstRow: number
  /** Each point's distance from that row, where some were left out. */
  readonly places?: Int32Array | undefined
  /** Of the block, where it has one. */
  readonly level: number
}

export interface PointColumn {
  readonly field: Field
  readonly needs: readonly FieldName[]
  build(stretch: Stretch, allocate: Allocate): ColumnVector
}

type Kind = Exclude<DataType['kind'], 'decimal' | 'list' | 'struct' | 'utf8' | 'binary' | 'timestamp'>

/** A column that is a function of the points' raw values. */
function column<T extends ColumnValues>(
  name: string,
  kind: Kind,
  array: new (buffer: ArrayBuffer, from: number, length: number) => T,
  needs: FieldName,
  fill: (values: T, stretch: Stretch) => void,
): PointColumn {
  return {
    field: { name, type: { kind } },
    needs: [needs],
    build(stretch, allocate) {
      const length = stretch.to - stretch.from
      const bytes = kind === 'float64' || kind === 'int64' ? 8 : kind === 'uint8' || kind === 'int8' ? 1 : 2
      const values = new array(allocate(length * bytes), 0, length)
      fill(values, stretch)
      return { length, values }
    },
  }
}

const scaled = (name: 'x' | 'y' | 'z', scale: number, offset: number): PointColumn =>
  column(name, 'float64', Float64Array, name === 'z' ? 'z' : 'xy', (values, { points, from }) => {
    const raw = points[name]
    // Multiplied, then added, each rounded: as the specification says and laspy does.
    for (let i = 0; i < values.length; i++) values[i] = raw[from + i]! * scale + offset
  })

/** Some bits of a byte. */
const bits = (
  name: string,
  field: 'returns' | 'flags' | 'classification',
  shift: number,
  mask: number,
): PointColumn =>
  column(name, 'uint8', Uint8Array, field, (values, { points, from }) => {
    const raw = points[field]
    for (let i = 0; i < values.length; i++) values[i] = (raw[from + i]! >> shift) & mask
  })

const bytes = (name: string, field: 'userData' | 'classification'): PointColumn =>
  column(name, 'uint8', Uint8Array, field, (values, { points, from, to }) =>
    values.set(points[field].subarray(from, to)),
  )

const words = (name: string, field: 'intensity' | 'pointSource' | 'nir'): PointColumn =>
  column(name, 'uint16', Uint16Array, field, (values, { points, from, to }) =>
    values.set(points[field].subarray(from, to)),
  )

const colour = (name: string, which: number): PointColumn =>
  column(name, 'uint16', Uint16Array, 'rgb', (values, { points, from }) => {
    for (let i = 0; i < values.length; i++) values[i] = points.rgb[(from + i) * 3 + which]!
  })

const GPS_TIME: PointColumn = {
  field: { name: 'gps_time', type: { kind: 'float64' } },
  needs: ['gpsTime'],
  build({ points, from, to }, allocate) {
    const length = to - from
    const buffer = allocate(length * 8)
    new Int32Array(buffer, 0, length * 2).set(points.gpsWords.subarray(from * 2, to * 2))
    return { length, values: new Float64Array(buffer, 0, length) }
  },
}

/** Flags of formats 0 to 5: with the returns, and above the five bits of the class. */
const FLAGS = [
  bits('scan_direction_flag', 'returns', 6, 1),
  bits('edge_of_flight_line', 'returns', 7, 1),
  bits('synthetic', 'classification', 5, 1),
  bits('key_point', 'classification', 6, 1),
  bits('withheld', 'classification', 7, 1),
]

const EXTENDED_FLAGS = [
  bits('scan_direction_flag', 'flags', 6, 1),
  bits('edge_of_flight_line', 'flags', 7, 1),
  bits('synthetic', 'flags', 0, 1),
  bits('key_point', 'flags', 1, 1),
  bits('withheld', 'flags', 2, 1),
  bits('overlap', 'flags', 3, 1),
  bits('scanner_channel', 'flags', 4, 3),
]

/** The wave packet's fields as columns of the bytes that they are (LAS 1.4-R15, table 11). */
const WAVE: readonly ExtraColumn[] = [
  { name: 'wavepacket_index', at: 0, kind: 'uint8', count: 1 },
  { name: 'wavepacket_offset', at: 1, kind: 'uint64', count: 1 },
  { name: 'wavepacket_size', at: 9, kind: 'uint32', count: 1 },
  { name: 'return_point_wave_location', at: 13, kind: 'float32', count: 1 },
  { name: 'x_t', at: 17, kind: 'float32', count: 1 },
  { name: 'y_t', at: 21, kind: 'float32', count: 1 },
  { name: 'z_t', at: 25, kind: 'float32', count: 1 },
]

const RECORD: PointColumn = {
  field: { name: 'record', type: { kind: 'int64' } },
  needs: [],
  build({ from, to, firstRow, places }, allocate) {
    if (places === undefined) return ordinals(allocate, firstRow, to - from)
    const length = to - from
    const values = new BigInt64Array(allocate(length * 8), 0, length)
    for (let i = 0; i < length; i++) values[i] = BigInt(firstRow + places[i]!)
    return { length, values }
  },
}

const LEVEL: PointColumn = {
  field: { name: 'level', type: { kind: 'int32' } },
  needs: [],
  build({ from, to, level }, allocate) {
    const length = to - from
    const values = new Int32Array(allocate(length * 4), 0, length)
    values.fill(level)
    return { length, values }
  },
}

/** `levels`: the file has nodes of a level each. */
export function pointColumns(dialect: LasDialect, levels: boolean): PointColumn[] {
  const { scale, offset, format, extra, recordLength } = dialect
  const shape = SHAPES[format]!
  const { extended } = shape
  const columns: PointColumn[] = [
    scaled('x', scale[0]!, offset[0]!),
    scaled('y', scale[1]!, offset[1]!),
    scaled('z', scale[2]!, offset[2]!),
    words('intensity', 'intensity'),
    bits('return_number', 'returns', 0, extended ? 15 : 7),
    bits('number_of_returns', 'returns', extended ? 4 : 3, extended ? 15 : 7),
    ...(extended ? EXTENDED_FLAGS : FLAGS),
    extended ? bytes('classification', 'classification') : bits('classification', 'classification', 0, 31),
    extended
      ? column('scan_angle', 'int16', Int16Array, 'scanAngle', (values, { points, from, to }) =>
          values.set(points.scanAngle.subarray(from, to)),
        )
      : column('scan_angle_rank', 'int8', Int8Array, 'scanAngle', (values, { points, from, to }) =>
          values.set(points.scanAngle.subarray(from, to)),
        ),
    bytes('user_data', 'userData'),
    words('point_source_id', 'pointSource'),
  ]
  if (shape.gpsTime !== undefined) columns.push(GPS_TIME)
  if (shape.rgb !== undefined) columns.push(colour('red', 0), colour('green', 1), colour('blue', 2))
  if (shape.nir !== undefined) columns.push(words('nir', 'nir'))
  if (shape.wave !== undefined) columns.push(...WAVE.map((of) => byteColumn(of, of.name, 'wave', WAVE_BYTES)))
  const own = levels ? [LEVEL, RECORD] : [RECORD]
  const taken = new Set([...columns, ...own, { field: { name: 'filename' } }].map(({ field }) => field.name))
  for (const of of extra) {
    const name = freeName(of.name, taken)
    columns.push(byteColumn(of, name, 'extra', recordLength - shape.size))
  }
  return [...columns, ...own]
}

/** A file may call its extra bytes as it likes; SQL tells names apart without regard to case. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  while (taken.has(free.toLowerCase())) free += '_extra'
  taken.add(free.toLowerCase())
  return free
}

function byteColumn(of: ExtraColumn, name: string, field: 'extra' | 'wave', stride: number): PointColumn {
  return {
    field: { name, type: extraType(of) },
    needs: [field],
    build: ({ points, from, to }, allocate) => extraValues(of, points[field], stride, from, to, allocate),
  }
}
