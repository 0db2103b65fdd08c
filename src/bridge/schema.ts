/** Column types as format strings of Arrow's C data interface (https://arrow.apache.org/docs/format/CDataInterface.html). */

import type { DataType, Field } from '../formats/batch.ts'
import type { FrameWriter } from './wire.ts'

const PLAIN: Readonly<Partial<Record<DataType['kind'], string>>> = {
  bool: 'b',
  int8: 'c',
  uint8: 'C',
  int16: 's',
  uint16: 'S',
  int32: 'i',
  uint32: 'I',
  int64: 'l',
  uint64: 'L',
  float32: 'f',
  float64: 'g',
  utf8: 'u',
  binary: 'z',
  date: 'tdD',
  time: 'ttu',
  list: '+l',
  struct: '+s',
}

/** @example formatOf({ kind: 'decimal', precision: 9, scale: 2 }) // 'd:9,2' */
export function formatOf(type: DataType): string {
  if (type.kind === 'timestamp') return type.zoned === true ? 'tsu:UTC' : 'tsu:'
  if (type.kind === 'decimal') return `d:${type.precision},${type.scale}`
  return PLAIN[type.kind]!
}

/** The types inside a type, named as Arrow names them. */
export function childrenOf(type: DataType): readonly Field[] {
  if (type.kind === 'list') return [{ name: 'item', type: type.item }]
  return type.kind === 'struct' ? type.fields : []
}

/** Name, format, number of children, children. */
export function writeField(frame: FrameWriter, { name, type }: Field): void {
  const children = childrenOf(type)
  frame.text(name).text(formatOf(type)).u32(children.length)
  for (const child of children) writeField(frame, child)
}
