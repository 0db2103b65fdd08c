/**
 * Simple arithmetic on constants, as DuckDB does it: `2 * 1000`, `-5`, `1e6 / 2`, `'a' || 'b'`. What might overflow,
 * round or fail there is not folded.
 */

import type { Constant } from '../../scan/constants.ts'

const OPERATORS = new Set(['+', '-', '*', '/', '||'])

export function isFolded(operator: string): boolean {
  return OPERATORS.has(operator)
}

/** The value of `operator` on one or two constants, `undefined` where it is not certain. */
export function fold(operator: string, operands: readonly Constant[]): Constant | undefined {
  const [a, b, ...more] = operands
  if (a === undefined || more.length > 0) return undefined
  if (b === undefined) return operator === '-' ? negate(a) : undefined
  if (operator === '||') return a[0] === 'text' && b[0] === 'text' ? ['text', a[1] + b[1]] : undefined
  if (!isNumber(a) || !isNumber(b)) return undefined
  if (operator === '/' || a[0] === 'double' || b[0] === 'double') return foldDoubles(operator, a, b)
  return foldExact(operator, a, b)
}

function negate(inner: Constant): Constant | undefined {
  const [kind, value] = inner
  if (kind === 'double') return ['double', -value]
  if (kind !== 'integer' && kind !== 'decimal') return undefined
  return [kind, value.startsWith('-') ? value.slice(1) : `-${value}`]
}

function isNumber([kind]: Constant): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'double'
}

/** Up to 15 digits a number is the same as a double. */
const DIGITS = 15

function foldDoubles(operator: string, a: Constant, b: Constant): Constant | undefined {
  if (digitsOf(a) > DIGITS || digitsOf(b) > DIGITS) return undefined
  const [x, y] = [Number(a[1]), Number(b[1])]
  if (operator === '/' && a[0] === 'integer' && b[0] === 'integer') {
    // Otherwise it depends on the setting `integer_division`.
    return y !== 0 && x % y === 0 ? ['double', x / y] : undefined
  }
  const value = operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : x / y
  return Number.isFinite(value) ? ['double', value] : undefined
}

function digitsOf([kind, value]: Constant): number {
  return kind === 'double' ? 0 : String(value).replace(/\D/g, '').length
}

function foldExact(operator: string, a: Constant, b: Constant): Constant | undefined {
  const [x, xScale] = scaled(String(a[1]))
  const [y, yScale] = scaled(String(b[1]))
  const scale = operator === '*' ? xScale + yScale : Math.max(xScale, yScale)
  const [left, right] =
    operator === '*' ? [x, y] : [x * 10n ** BigInt(scale - xScale), y * 10n ** BigInt(scale - yScale)]
  const value = operator === '*' ? left * right : operator === '+' ? left + right : left - right
  // Past INTEGER's and DECIMAL(18)'s bounds types change, and some sums are errors.
  const limit = scale === 0 ? 2n ** 31n : 10n ** BigInt(DIGITS)
  if (value >= limit || value <= -limit) return undefined
  const sign = value < 0n ? '-' : ''
  const digits = `${value < 0n ? -value : value}`.padStart(scale + 1, '0')
  if (scale === 0) return ['integer', `${sign}${digits}`]
  return ['decimal', `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`]
}

/** 1.50 is 150 with 2 digits behind the point. */
function scaled(text: string): [digits: bigint, scale: number] {
  const point = text.indexOf('.')
  return point < 0 ? [BigInt(text), 0] : [BigInt(text.replace('.', '')), text.length - point - 1]
}
