/** Stored values as values of their column's type, before nulls are put between them. */

import { badParquet } from './error.ts'
import { intervalText } from './interval.ts'
import type { Leaf } from './types.ts'
import { decimalBytes, largeDecimals } from './values/decimals.ts'
import { Dense, type Memory } from './values/dense.ts'
import { halfToFloat, julianToMicros, scaledWords } from './values/moments.ts'

/** The values as they are in a column of the type: the same bytes where nothing is to be done. */
export function converted(values: Dense, leaf: Leaf, memory: Memory): Dense {
  const { conversion, type } = leaf
  const of = (width: number): Dense => {
    const out = new Dense(width, values.count, memory)
    out.count = values.count
    out.used = values.count * width
    return out
  }
  switch (conversion) {
    case 'none':
    case 'flag':
      return values
    case 'narrow':
      return narrowed(values, of(type.kind.endsWith('16') ? 2 : 1))
    case 'milliseconds of a day':
      return scaledWords(values, of(8), 'milliseconds of a day')
    case 'milliseconds':
    case 'nanoseconds':
      return scaledWords(values, of(8), conversion)
    case 'julian':
      return julianToMicros(values, of(8))
    case 'decimal':
      return decimalBytes(values, of(16), leaf.physical)
    case 'large decimal':
      return largeDecimals(values, of(8), leaf)
    case 'half':
      return halfToFloat(values, of(4))
    case 'uuid':
      return texts(values, memory, 36, uuidText)
    case 'interval':
      return texts(values, memory, 32, intervalText)
    case 'cut':
      return cut(values, memory)
  }
}

/** 8 and 16 bits of integers that are stored as 32. */
function narrowed(values: Dense, out: Dense): Dense {
  const from = new Int32Array(values.data.buffer, 0, values.count)
  const to = out.width === 2 ? new Int16Array(out.data.buffer, 0, out.count) : out.data
  for (let i = 0; i < from.length; i++) to[i] = from[i]!
  return out
}

function cut(values: Dense, memory: Memory): Dense {
  const out = new Dense(0, values.count, memory)
  for (let i = 0; i <= values.count; i++) out.offsets[i] = i * values.width
  out.count = values.count
  out.data = values.data
  out.used = values.used
  return out
}

function texts(values: Dense, memory: Memory, about: number, text: (bytes: Buffer) => string): Dense {
  const out = new Dense(0, values.count, memory)
  out.reserve(0, values.count * about)
  const bytes = Buffer.from(values.data.buffer, 0, values.used)
  for (let i = 0; i < values.count; i++) {
    const one = text(bytes.subarray(i * values.width, (i + 1) * values.width))
    out.reserve(1, one.length)
    Buffer.from(out.data.buffer).write(one, out.used, 'latin1')
    out.used += one.length
    out.offsets[++out.count] = out.used
  }
  return out
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A value that is no text cannot be given to a database as one. */
export function notText(leaf: Leaf): Error {
  return badParquet(
    `column "${leaf.name}" has a value that is not UTF-8, expected text; read it with binary_as_string := false, or have it written as binary`,
  )
}
