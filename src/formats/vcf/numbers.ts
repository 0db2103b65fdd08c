/** Numbers from bytes. What is none is null, in this format: NaN is a number here. */

const MINUS = 45
const PLUS = 43
const POINT = 46

/** What `readInteger` gives for text that is no 32-bit integer. */
export const NO_INTEGER = 0x1_0000_0000

/** The integer that bytes[start, end) say, `NO_INTEGER` for anything else. 32 bits: VCFv4.5, 1.3. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const first = bytes[at]
  const negative = first === MINUS
  if (negative || first === PLUS) at++
  if (at >= end || end - at > 10) return NO_INTEGER
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return NO_INTEGER
    value = value * 10 + digit
  }
  if (negative) value = -value
  return value > 2147483647 || value < -2147483648 ? NO_INTEGER : value
}

/** The position that bytes[start, end) say, -1 for anything else. */
export function readPosition(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || end - start > 15) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** 10^0 … 10^22 are exact doubles. */
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i)

/** What `readFloat` gives for text that is no number. */
export const NO_FLOAT = undefined

/** The number that bytes[start, end) say. */
export function readFloat(bytes: Uint8Array, start: number, end: number): number | typeof NO_FLOAT {
  let at = start
  const negative = bytes[at] === MINUS
  if (negative || bytes[at] === PLUS) at++
  let value = 0
  let digits = 0
  let fraction = 0
  let digit = bytes[at]! - 48
  while (at < end && digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digits++
    digit = bytes[++at]! - 48
  }
  if (at < end && bytes[at] === POINT) {
    const point = ++at
    digit = bytes[at]! - 48
    while (at < end && digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digits++
      digit = bytes[++at]! - 48
    }
    fraction = at - point
  }
  // Up to 15 digits the value is exact, and so is the quotient of it and an exact power: the nearest double.
  if (at !== end || digits === 0 || digits > 15 || fraction > 22) return readAnyFloat(bytes, start, end)
  if (fraction > 0) value /= POWERS[fraction]!
  return negative ? -value : value
}

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/
const NAMED = /^([-+]?)(?:(inf|infinity)|nan)$/i

/** Exponents, many digits, and what the grammar of VCFv4.5, 1.3 also allows: NaN, Inf and Infinity in any case. */
function readAnyFloat(bytes: Uint8Array, start: number, end: number): number | typeof NO_FLOAT {
  if (end - start > 400) return NO_FLOAT
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  if (NUMBER.test(text)) return Number(text)
  const named = NAMED.exec(text)
  if (named === null) return NO_FLOAT
  if (named[2] === undefined) return Number.NaN
  return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
