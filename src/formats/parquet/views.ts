/** Memory as the values of a type. */

import type { ColumnValues, DataType } from '../batch.ts'

/** A view of the buffer's first values. */
export function typed({ kind }: DataType, buffer: ArrayBuffer, length: number): ColumnValues {
  switch (kind) {
    case 'int8':
      return new Int8Array(buffer, 0, length)
    case 'uint8':
      return new Uint8Array(buffer, 0, length)
    case 'int16':
      return new Int16Array(buffer, 0, length)
    case 'uint16':
      return new Uint16Array(buffer, 0, length)
    case 'int32':
    case 'date':
      return new Int32Array(buffer, 0, length)
    case 'uint32':
      return new Uint32Array(buffer, 0, length)
    case 'float32':
      return new Float32Array(buffer, 0, length)
    case 'float64':
      return new Float64Array(buffer, 0, length)
    case 'uint64':
      return new BigUint64Array(buffer, 0, length)
    case 'decimal':
      return new Uint8Array(buffer, 0, length * 16)
    default:
      return new BigInt64Array(buffer, 0, length)
  }
}
