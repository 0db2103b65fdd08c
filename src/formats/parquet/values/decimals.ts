/** Decimals, which are stored in 4 or 8 bytes little-endian, or in any number of them big-endian. */

import { badParquet } from '../error.ts'
import type { Leaf, Physical } from '../types.ts'
import type { Dense } from './dense.ts'

/** 16 bytes each, little-endian two's complement. */
export function decimalBytes(values: Dense, out: Dense, physical: Physical): Dense {
  if (physical === 'int32' || physical === 'int64') {
    const words = physical === 'int32' ? 1 : 2
    const from = new Int32Array(values.data.buffer, 0, out.count * words)
    const to = new Int32Array(out.data.buffer, 0, out.count * 4)
    for (let i = 0; i < out.count; i++) {
      const high = from[i * words + words - 1]!
      const sign = high >> 31
      to[4 * i] = from[i * words]!
      to[4 * i + 1] = words === 2 ? high : sign
      to[4 * i + 2] = sign
      to[4 * i + 3] = sign
    }
    return out
  }
  for (let i = 0; i < out.count; i++) {
    const [from, end] = place(values, i)
    const { data } = values
    const fill = end > from && data[from]! > 127 ? 255 : 0
    for (let k = 0; k < 16; k++) out.data[16 * i + k] = end - 1 - k >= from ? data[end - 1 - k]! : fill
    for (let at = from; at < end - 16; at++) {
      const isSign = data[at] === fill && data[end - 16]! > 127 === (fill === 255)
      if (!isSign) throw badParquet(`a decimal has ${end - from} bytes, expected a number that fits 16`)
    }
  }
  return out
}

/** Of more than 38 digits, as doubles. */
export function largeDecimals(values: Dense, out: Dense, { physical, scale }: Leaf): Dense {
  const numbers = new Float64Array(out.data.buffer, 0, out.count)
  const view = Buffer.from(values.data.buffer, 0, values.used)
  for (let i = 0; i < out.count; i++) {
    const [from, end] = place(values, i)
    const hex = view.subarray(from, end)
    const big = physical === 'fixed' || physical === 'bytes' ? hex : Buffer.from(hex).reverse()
    const value = BigInt.asIntN(big.length * 8, BigInt(`0x${big.toString('hex') || '0'}`))
    numbers[i] = Number(value) / 10 ** scale
  }
  return out
}

function place({ width, offsets }: Dense, i: number): [from: number, end: number] {
  return width > 0 ? [i * width, (i + 1) * width] : [offsets[i]!, offsets[i + 1]!]
}
