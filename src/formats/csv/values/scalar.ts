/**
 * Texts to booleans and numbers, as DuckDB's casts read them. `strict` is the rule by which a column's type
 * is guessed; values of a column whose type is settled are read less strictly.
 */

/** C's isspace. */
export const isSpace = (byte: number | undefined): boolean =>
  byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13)

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

/** Words that strict casts take, and those that only others do. */
const WORDS: Readonly<Record<string, readonly [value: boolean, strict: boolean]>> = {
  true: [true, true],
  t: [true, true],
  yes: [true, true],
  y: [true, false],
  1: [true, false],
  false: [false, true],
  f: [false, true],
  no: [false, true],
  n: [false, false],
  0: [false, false],
}

export function parseBool(
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean,
): boolean | undefined {
  if (end === start || end - start > 5) return undefined
  const word = latin1(bytes, start, end).toLowerCase()
  const found = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
  return found === undefined || (strict && !found[1]) ? undefined : found[0]
}

const DIGITS = String.raw`\d+(?:_\d+)*`
const NUMBER = new RegExp(`^([-+]?)(${DIGITS})?(?:([.,])(${DIGITS})?)?(?:[eE]([-+]?\\d+))?$`)

/** Nothing but up to 15 digits and a minus: most integers. */
function plainInteger(bytes: Uint8Array, start: number, end: number, strict: boolean): number | undefined {
  const negative = bytes[start] === 45
  const first = negative ? start + 1 : start
  if (first >= end || end - first > 15 || (strict && bytes[first] === 48 && end - first > 1)) return undefined
  let value = 0
  for (let i = first; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return negative ? -value : value
}

/** An integer of any size; the caller looks at its range. Fractions are rounded, halves away from zero. */
export function parseInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean,
  decimal: string,
): bigint | undefined {
  const small = plainInteger(bytes, start, end, strict)
  if (small !== undefined) return BigInt(small)
  let from = start
  while (from < end && isSpace(bytes[from])) from++
  let to = end
  while (to > from && isSpace(bytes[to - 1])) to--
  const word = latin1(bytes, from, to)
  if (/^0(?:x[\da-f]+|b[01]+)$/i.test(word)) return BigInt(word)
  const match = NUMBER.exec(word)
  if (match === null) return undefined
  const [, sign, whole = '', point, fraction = '', exponent] = match
  if (strict) {
    if (point !== undefined || exponent !== undefined || sign === '+' || whole.includes('_')) return undefined
    if (whole.length > 1 && whole.startsWith('0') && sign === '') return undefined
  }
  if ((whole === '' && fraction === '') || (point !== undefined && point !== decimal)) return undefined
  const power = Number(exponent ?? 0) - fraction.replaceAll('_', '').length
  // Beyond this no 64-bit integer comes out, and 10n ** power would take all memory.
  if (power > 40) return undefined
  const digits = BigInt((whole + fraction).replaceAll('_', ''))
  let value = digits
  if (power > 0) value = digits * 10n ** BigInt(power)
  else if (power < -400) value = 0n
  else if (power < 0) {
    const scale = 10n ** BigInt(-power)
    value = (digits * 2n + scale) / (scale * 2n)
  }
  return sign === '-' ? -value : value
}

/** What fast_float reads: digits with a decimal sign, an exponent; infinity and nan by name. */
const DOUBLE = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/
const NAMED = /^(-?)(?:(nan(?:\(\w*\))?)|inf(?:inity)?)$/i

/** A double; beyond its range infinity. */
export function parseDouble(
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean,
  decimal: string,
): number | undefined {
  let from = start
  while (from < end && isSpace(bytes[from])) from++
  let to = end
  if (!strict) while (to > from && isSpace(bytes[to - 1])) to--
  let word = latin1(bytes, from, to)
  if (strict && /^(?:\+|0\d)/.test(word)) return undefined
  if (!strict) word = word.replace(/^\+/, '').replace(/(?<=\d)_(?=\d)/g, '')
  if (decimal !== '.') {
    if (word.includes('.')) return undefined
    word = word.replace(decimal, '.')
  }
  if (DOUBLE.test(word)) return Number(word)
  const named = NAMED.exec(word)
  if (named === null) return undefined
  if (named[2] !== undefined) return Number.NaN
  return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
