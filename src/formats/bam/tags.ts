/** The optional fields behind a record: SAMv1.pdf, 4.2.4. */

import { isUtf8 } from 'node:buffer'
import { int32 } from './bytes.ts'

export const CHARACTER = 65 // A
export const ARRAY = 66 // B
export const HEX = 72 // H
export const TEXT = 90 // Z
export const FLOAT = 102 // f
/** Not in the specification; htslib reads it. */
export const DOUBLE = 100 // d

/** Bytes of a number of this type, 0 when there is none. */
export function widthOf(type: number): number {
  switch (type) {
    case 99: // c
    case 67: // C
      return 1
    case 115: // s
    case 83: // S
      return 2
    case 105: // i
    case 73: // I
    case FLOAT:
      return 4
    case DOUBLE:
      return 8
    default:
      return 0
  }
}

export function isInteger(type: number): boolean {
  return type !== FLOAT && type !== DOUBLE && widthOf(type) > 0
}

/** The whole number of this type that stands at `at`. */
export function integerAt(bytes: Uint8Array, at: number, type: number): number {
  switch (type) {
    case 99:
      return (bytes[at]! << 24) >> 24
    case 67:
      return bytes[at]!
    case 115:
      return ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16
    case 83:
      return bytes[at]! | (bytes[at + 1]! << 8)
    case 105:
      return int32(bytes, at)
    default:
      return int32(bytes, at) >>> 0
  }
}

/** Where the value ends that begins at `at`, the NUL of a text included; -1 when it does not end before `end`. */
export function valueEnd(bytes: Uint8Array, at: number, type: number, end: number): number {
  let next: number
  if (type === TEXT || type === HEX) {
    next = at
    while (next < end && bytes[next] !== 0) next++
    next++
  } else if (type === CHARACTER) next = at + 1
  else if (type === ARRAY) {
    if (at + 5 > end) return -1
    const width = widthOf(bytes[at]!)
    const count = int32(bytes, at + 1)
    if (width === 0 || count < 0) return -1
    next = at + 5 + count * width
  } else {
    const width = widthOf(type)
    if (width === 0) return -1
    next = at + width
  }
  return next <= end ? next : -1
}

/** Where the tag with these two letters stands, its name included; -1 when there is none. */
export function findTag(bytes: Uint8Array, from: number, end: number, key: number): number {
  for (let at = from; at + 3 <= end; ) {
    const next = valueEnd(bytes, at + 3, bytes[at + 2]!, end)
    if (next < 0) return -1
    if (keyAt(bytes, at) === key) return at
    at = next
  }
  return -1
}

export const keyAt = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8)
export const keyOf = (tag: string): number => tag.charCodeAt(0) | (tag.charCodeAt(1) << 8)
export const tagOf = (key: number): string => String.fromCharCode(key & 255, key >> 8)

/** What is wrong with the tags in bytes[from, end); undefined when all of them can be shown. */
export function wrongTags(bytes: Uint8Array, from: number, end: number): string | undefined {
  let at = from
  while (at < end) {
    const type = at + 3 <= end ? bytes[at + 2]! : 0
    const next = at + 3 <= end ? valueEnd(bytes, at + 3, type, end) : -1
    if (next < 0) {
      const text = JSON.stringify(Buffer.from(bytes.subarray(at, Math.min(end, at + 3))).toString('latin1'))
      return `has the tag ${text}, whose value does not end within the record or is of no known type`
    }
    let bits = bytes[at]! | bytes[at + 1]!
    if (type === TEXT || type === HEX || type === CHARACTER) {
      for (let i = at + 3; i < next; i++) bits |= bytes[i]!
    }
    if (bits > 127 && !isUtf8(bytes.subarray(at, next))) {
      return `has a value that is not valid UTF-8 in the tag ${JSON.stringify(tagOf(keyAt(bytes, at)))}`
    }
    at = next
  }
  return undefined
}
