/** Encoded keys compare as their values do. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DataType } from '../../../src/formats/batch.ts'
import { keyOf, pathKey } from '../../../src/lake/table/key.ts'
import { compareText } from '../../../src/lake/table/order.ts'
import type { Row, TableSchema, Value } from '../../../src/lake/types.ts'

const schemaOf = (...types: DataType[]): TableSchema => ({
  columns: types.map((type, i) => ({ name: `c${i}`, type })),
  key: types.map((_, i) => `c${i}`),
  keyKind: 'values',
})

const key = (schema: TableSchema, ...values: Value[]): string =>
  keyOf(schema, Object.fromEntries(values.map((value, i) => [`c${i}`, value])))

const sign = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function holds<T extends Value>(
  type: DataType,
  values: fc.Arbitrary<T>,
  compare: (a: T, b: T) => number = (a, b) => ((a as number) < (b as number) ? -1 : a === b ? 0 : 1),
): void {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const schema = schemaOf(type)
      expect(sign(key(schema, a), key(schema, b))).toBe(Math.sign(compare(a, b)))
    }),
    { numRuns: 1000 },
  )
}

describe('keys', () => {
  test('of 64-bit integers', () =>
    holds({ kind: 'int64' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })))
  test('of unsigned integers', () => holds({ kind: 'uint64' }, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })))
  test('of small integers and dates', () => holds({ kind: 'date' }, fc.integer()))
  test('of decimals', () =>
    holds({ kind: 'decimal', precision: 38, scale: 2 }, fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })))
  test('of doubles', () =>
    holds(
      { kind: 'float64' },
      fc.double({ noNaN: true }).map((value) => value + 0),
    ))
  test('of booleans', () => holds({ kind: 'bool' }, fc.boolean(), (a, b) => Number(a) - Number(b)))
  test('of texts, as UTF-8', () => {
    holds({ kind: 'utf8' }, fc.string({ unit: 'binary' }), (a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
    // Characters beyond the basic plane come after those that JavaScript puts above their surrogates.
    expect(key(schemaOf({ kind: 'utf8' }), '\u{10000}') > key(schemaOf({ kind: 'utf8' }), '\uffff')).toBe(
      true,
    )
  })
  test('of bytes', () =>
    holds({ kind: 'binary' }, fc.uint8Array(), (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))

  test('of two texts, which do not run into each other', () => {
    const schema = schemaOf({ kind: 'utf8' }, { kind: 'utf8' })
    const pair = fc.tuple(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const order =
          Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) ||
          Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1]))
        expect(sign(key(schema, ...a), key(schema, ...b))).toBe(order)
      }),
      { numRuns: 1000 },
    )
  })

  test('of paths ignore case and Unicode form, and order folders before what is in them', () => {
    expect(pathKey('Data/Ä.txt')).toBe(pathKey('data/A\u0308.TXT'))
    expect(pathKey('a/') < pathKey('a/b')).toBe(true)
    expect(pathKey('a/b').startsWith(pathKey('a/'))).toBe(true)
  })

  test('a key that is null, missing or a list is refused by name', () => {
    const row = (value: Value): Row => ({ c0: value })
    expect(() => keyOf(schemaOf({ kind: 'utf8' }), row(null))).toThrow('the key column "c0" is null')
    expect(() => keyOf({ ...schemaOf(), key: ['nope'] }, {})).toThrow('the key column "nope" is missing')
    expect(() => keyOf(schemaOf({ kind: 'list', item: { kind: 'bool' } }), row([]))).toThrow(
      'the key column "c0" is a list, expected a plain value',
    )
  })
})

test('texts compare as their UTF-8 does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 1000 },
  )
})
