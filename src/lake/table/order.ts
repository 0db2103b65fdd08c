/** How values compare: as DuckDB compares them, so that zones say what a WHERE means. */

import type { Value } from '../types.ts'

/** Longest text kept in a zone, in characters. */
const ZONE_TEXT = 32

/** a before b in the byte order of UTF-8, which is that of code points; JavaScript's own is of UTF-16. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above all others.
    const high = Number(isSurrogate(x)) - Number(isSurrogate(y))
    return high === 0 ? x - y : high
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => (unit & 0xf800) === 0xd800

/** Least and greatest of some values that are not null; undefined where they have no order, or there is none. */
export function boundsOf(values: Iterable<Value>): readonly [Value, Value] | undefined {
  let min: Value | undefined
  let max: Value | undefined
  for (const value of values) {
    if (value === null) continue
    // Not a number is above all numbers to DuckDB and beside them to us: no bounds then.
    if (typeof value === 'object' || Number.isNaN(value)) return undefined
    if (min === undefined || comparePlain(value, min) < 0) min = value
    if (max === undefined || comparePlain(value, max as Value) > 0) max = value
  }
  if (min === undefined || max === undefined) return undefined
  if (typeof min !== 'string' || typeof max !== 'string') return [min, max]
  const above = textAbove(max)
  return above === undefined ? undefined : [textBelow(min), above]
}

function comparePlain(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

/** A short text not above `text`. */
function textBelow(text: string): string {
  return text.length <= ZONE_TEXT ? text : text.slice(0, safeCut(text))
}

/** A short text not below `text`. */
function textAbove(text: string): string | undefined {
  if (text.length <= ZONE_TEXT) return text
  const characters = [...text.slice(0, safeCut(text))]
  while (characters.length > 0) {
    const code = characters.pop()!.codePointAt(0)!
    if (code >= 0x10ffff) continue
    return characters.join('') + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1)
  }
  return undefined
}

/** Never between the halves of a surrogate pair. */
const safeCut = (text: string): number => (isLow(text.charCodeAt(ZONE_TEXT)) ? ZONE_TEXT - 1 : ZONE_TEXT)

const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00
