/** Moments in other units than microseconds. 64 bits are taken as two halves: BigInts cost ten times as much. */

import { badParquet } from '../error.ts'
import type { Dense } from './dense.ts'

const WORD = 2 ** 32
/** Numbers times 1000 up to which doubles are exact. */
const EXACT = 2 ** 43
const DAY_MICROS = 86_400_000_000
/** The Julian day of 1970-01-01. */
const EPOCH = 2_440_588
const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n

type Unit = 'milliseconds of a day' | 'milliseconds' | 'nanoseconds'

/** Microseconds. */
export function scaledWords(values: Dense, out: Dense, unit: Unit): Dense {
  const words = new Uint32Array(out.data.buffer, 0, out.count * 2)
  const from = new Int32Array(values.data.buffer, 0, values.used >> 2)
  if (unit === 'milliseconds of a day') {
    for (let i = 0; i < out.count; i++) putNumber(words, i, from[i]! * 1000)
    return out
  }
  for (let i = 0; i < out.count; i++) {
    const low = from[2 * i]! >>> 0
    const high = from[2 * i + 1]!
    if (unit === 'nanoseconds') {
      // Towards 1970, as DuckDB does: before it that is up.
      const shifted = high < 0 ? low + 999 : low
      const upper = Math.floor(high / 1000)
      const lower = Math.floor(((high - upper * 1000) * WORD + shifted) / 1000)
      words[2 * i + 1] = lower < WORD ? upper : upper + 1
      words[2 * i] = lower
      continue
    }
    const value = high * WORD + low
    if (Math.abs(value) < EXACT) putNumber(words, i, value * 1000)
    else putExact(words, i, ((BigInt(high) << 32n) + BigInt(low)) * 1000n)
  }
  return out
}

function putNumber(words: Uint32Array, i: number, value: number): void {
  words[2 * i] = value >>> 0
  words[2 * i + 1] = Math.floor(value / WORD)
}

function putExact(words: Uint32Array, i: number, value: bigint): void {
  if (value < LEAST || value > MOST)
    throw badParquet(`a moment is ${value} microseconds from 1970, expected a number of 64 bits`)
  words[2 * i] = Number(BigInt.asUintN(32, value))
  words[2 * i + 1] = Number(BigInt.asUintN(32, value >> 32n))
}

/** INT96 as Impala and Spark write it: nanoseconds of the day in 8 bytes, the Julian day in 4. */
export function julianToMicros(values: Dense, out: Dense): Dense {
  const words = new Uint32Array(out.data.buffer, 0, out.count * 2)
  const from = new Int32Array(values.data.buffer, 0, values.used >> 2)
  for (let i = 0; i < out.count; i++) {
    const nanos = from[3 * i + 1]! * WORD + (from[3 * i]! >>> 0)
    const days = from[3 * i + 2]! - EPOCH
    const micros = days * DAY_MICROS + Math.trunc(nanos / 1000)
    if (Math.abs(nanos) < 2 ** 53 && Math.abs(micros) < 2 ** 53) {
      putNumber(words, i, micros)
      continue
    }
    const exact = (BigInt(from[3 * i + 1]!) << 32n) + BigInt(from[3 * i]! >>> 0)
    // Spark overflows when it writes moments so far away, and again when it reads them.
    putExact(words, i, BigInt.asIntN(64, BigInt(days) * BigInt(DAY_MICROS) + exact / 1000n))
  }
  return out
}

/** IEEE 754 halves. */
export function halfToFloat(values: Dense, out: Dense): Dense {
  const halves = new Uint16Array(values.data.buffer, 0, out.count)
  const floats = new Float32Array(out.data.buffer, 0, out.count)
  for (let i = 0; i < out.count; i++) {
    const half = halves[i]!
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    const sign = half >> 15 === 0 ? 1 : -1
    floats[i] =
      exponent === 31
        ? fraction === 0
          ? sign * Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? sign * fraction * 2 ** -24
          : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }
  return out
}
