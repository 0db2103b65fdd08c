/** Plain values become columns and come back. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DataType } from '../../src/formats/batch.ts'
import { type Value, valuesFrom, vectorFrom } from '../../src/formats/values.ts'

const CASES: readonly (readonly [DataType, fc.Arbitrary<Value>])[] = [
  [{ kind: 'bool' }, fc.boolean()],
  [{ kind: 'int8' }, fc.integer({ min: -128, max: 127 })],
  [{ kind: 'uint32' }, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [{ kind: 'int64' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: 'uint64' }, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [{ kind: 'float32' }, fc.float()],
  [{ kind: 'float64' }, fc.double()],
  [{ kind: 'utf8' }, fc.string({ unit: 'grapheme' })],
  [{ kind: 'binary' }, fc.uint8Array()],
  [{ kind: 'date' }, fc.integer()],
  [{ kind: 'timestamp', zoned: true }, fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })],
  [{ kind: 'decimal', precision: 38, scale: 0 }, fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })],
  [
    { kind: 'list', item: { kind: 'list', item: { kind: 'utf8' } } },
    fc.array(fc.option(fc.array(fc.string()))),
  ],
  [
    { kind: 'struct', fields: [{ name: 'a b', type: { kind: 'list', item: { kind: 'int16' } } }] },
    fc.record({ 'a b': fc.option(fc.array(fc.integer({ min: -5, max: 5 }))) }) as fc.Arbitrary<Value>,
  ],
]

test.each(CASES)('%j', (type, value) => {
  fc.assert(
    fc.property(fc.array(fc.option(value)), (values) => {
      expect(valuesFrom(type, vectorFrom(type, values))).toEqual(values)
    }),
  )
})

test('a column without nulls has no validity, and undefined is null', () => {
  expect(vectorFrom({ kind: 'int64' }, [1, 2n]).validity).toBeUndefined()
  expect(valuesFrom({ kind: 'utf8' }, vectorFrom({ kind: 'utf8' }, ['a', undefined]))).toEqual(['a', null])
})
