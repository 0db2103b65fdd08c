/** Columns of nothing but NULL. */

import type { ColumnVector, DataType } from '../batch.ts'
import { typed } from './views.ts'

/** So many NULLs. All parts share one piece of zeros, which is sent to other threads once. */
export function absentVector(type: DataType, length: number): ColumnVector {
  const zeros = new ArrayBuffer((length + 1) * 16)
  const nulls = (of: DataType, count: number): ColumnVector => {
    const validity = new Uint8Array(zeros, 0, (count + 7) >> 3)
    const offsets = new Int32Array(zeros, 0, count + 1)
    switch (of.kind) {
      case 'struct':
        return { length: count, validity, children: of.fields.map((field) => nulls(field.type, count)) }
      case 'list':
        return { length: count, validity, offsets, children: [nulls(of.item, 0)] }
      case 'utf8':
      case 'binary':
        return { length: count, validity, offsets, values: new Uint8Array(zeros, 0, 0) }
      case 'bool':
        return { length: count, validity, values: new Uint8Array(zeros, 0, (count + 7) >> 3) }
      default:
        return { length: count, validity, values: typed(of, zeros, count) }
    }
  }
  return nulls(type, length)
}
