import type { ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'

/** Numbers from 0 to 2^53 as int64. Written as two halves: BigInts cost ten times as much. */
export function int64s(allocate: Allocate, numbers: readonly number[]): ColumnVector {
  const { length } = numbers
  const buffer = allocate(Math.max(8, length * 8))
  const words = new Uint32Array(buffer, 0, length * 2)
  for (let i = 0; i < length; i++) {
    words[2 * i] = numbers[i]! >>> 0
    words[2 * i + 1] = Math.floor(numbers[i]! / 0x1_0000_0000)
  }
  return { length, values: new BigInt64Array(buffer, 0, length) }
}
