/** Some rows of columns, copied. */

import type { ColumnValues, ColumnVector, DataType } from './batch.ts'

/** The values at `rows`, in that order. */
export function selectValues(type: DataType, column: ColumnVector, rows: Int32Array): ColumnVector {
  const { length } = rows
  const validity = column.validity && selectBits(column.validity, rows)
  switch (type.kind) {
    case 'bool':
      return { length, validity, values: selectBits(column.values as Uint8Array, rows) }
    case 'struct':
      return {
        length,
        validity,
        children: type.fields.map((field, i) => selectValues(field.type, column.children![i]!, rows)),
      }
    case 'list': {
      const { offsets, items } = selectOffsets(column.offsets!, rows)
      const places = new Int32Array(items)
      let at = 0
      for (const row of rows) {
        for (let i = column.offsets![row]!; i < column.offsets![row + 1]!; i++) places[at++] = i
      }
      return { length, validity, offsets, children: [selectValues(type.item, column.children![0]!, places)] }
    }
    case 'utf8':
    case 'binary': {
      const { offsets, items } = selectOffsets(column.offsets!, rows)
      const from = column.values as Uint8Array
      const values = new Uint8Array(items)
      rows.forEach((row, i) => {
        values.set(from.subarray(column.offsets![row], column.offsets![row + 1]), offsets[i])
      })
      return { length, validity, offsets, values }
    }
    case 'decimal': {
      const from = column.values as Uint8Array
      const values = new Uint8Array(length * 16)
      rows.forEach((row, i) => {
        values.set(from.subarray(row * 16, row * 16 + 16), i * 16)
      })
      return { length, validity, values }
    }
    default: {
      const from = column.values!
      const values = new (from.constructor as new (length: number) => ColumnValues)(length)
      for (let i = 0; i < length; i++) values[i] = from[rows[i]!]!
      return { length, validity, values }
    }
  }
}

function selectOffsets(from: Int32Array, rows: Int32Array): { offsets: Int32Array; items: number } {
  const offsets = new Int32Array(rows.length + 1)
  let items = 0
  rows.forEach((row, i) => {
    items += from[row + 1]! - from[row]!
    offsets[i + 1] = items
  })
  return { offsets, items }
}

function selectBits(from: Uint8Array, rows: Int32Array): Uint8Array {
  const bits = new Uint8Array((rows.length + 7) >> 3)
  rows.forEach((row, i) => {
    if ((from[row >> 3]! >> (row & 7)) & 1) bits[i >> 3]! |= 1 << (i & 7)
  })
  return bits
}
