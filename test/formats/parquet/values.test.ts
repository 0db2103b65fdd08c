/** Values as they stand in pages: the ways that are quick give what the encodings say, in portions of any size. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dense, type Memory } from '../../../src/formats/parquet/values/dense.ts'
import { DictionaryValues } from '../../../src/formats/parquet/values/dictionary.ts'
import { HybridDecoder } from '../../../src/formats/parquet/values/hybrid.ts'
import { PlainBytes } from '../../../src/formats/parquet/values/plain.ts'
import type { ValueDecoder } from '../../../src/formats/parquet/values/types.ts'

interface NumberRun {
  readonly packed: boolean
  readonly groups: number
}

/** Full of rubbish, before it is used and after it was given back. */
const rubbish: Memory = {
  allocate(bytes) {
    const buffer = new ArrayBuffer(bytes)
    new Uint8Array(buffer).fill(0xa5)
    return buffer
  },
  recycle: (buffer) => void new Uint8Array(buffer).fill(0x5a),
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

/** Numbers below 2^width in runs of one value and groups of eight that are packed, and as they are written. */
function encoded(runs: readonly NumberRun[], width: number, next: () => bigint) {
  const numbers: number[] = []
  const bytes: number[] = []
  for (const { packed, groups } of runs) {
    const values = Array.from({ length: packed ? groups * 8 : 1 }, () => BigInt.asUintN(width, next()))
    const repeated = packed ? 1 : groups * 8
    for (const value of values)
      for (let i = 0; i < repeated; i++) numbers.push(Number(BigInt.asIntN(32, value)))
    bytes.push(...varint(packed ? groups * 2 + 1 : repeated * 2))
    let held = 0n
    values.forEach((value, i) => {
      held |= value << BigInt(i * width)
    })
    const length = packed ? groups * width : (width + 7) >> 3
    for (let i = 0; i < length; i++) bytes.push(Number((held >> BigInt(8 * i)) & 255n))
  }
  return { numbers, bytes: Uint8Array.from(bytes) }
}

const anyRuns = fc.array(fc.record({ packed: fc.boolean(), groups: fc.integer({ min: 1, max: 9 }) }), {
  minLength: 1,
  maxLength: 6,
})
const anyPortions = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 })

/** Takes `count` in these portions, again and again. */
function inPortions(count: number, portions: readonly number[], take: (from: number, some: number) => void) {
  for (let from = 0, i = 0; from < count; i++) {
    const some = Math.min(count - from, portions[i % portions.length]!)
    take(from, some)
    from += some
  }
}

function texts({ offsets, data, count }: Dense): string[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(data.subarray(offsets[i]!, offsets[i + 1]!)).toString('latin1'),
  )
}

function readTexts(decoder: ValueDecoder, count: number, portions: readonly number[], expected: number) {
  const out = new Dense(0, expected, rubbish)
  inPortions(count, portions, (_, some) => decoder.read(some, out))
  return texts(out)
}

function anyTexts(maxLength: number): fc.Arbitrary<string[]> {
  const unit = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code))
  return fc.array(fc.string({ unit, maxLength }), { minLength: 1, maxLength: 40 })
}

function plainPage(values: readonly string[]): Uint8Array {
  return Buffer.concat(
    values.flatMap((text) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(text.length)
      return [length, Buffer.from(text, 'latin1')]
    }),
  )
}

describe('numbers in runs and packed groups', () => {
  it.each(Array.from({ length: 33 }, (_, width) => width))('of %i bits', (width) => {
    fc.assert(
      fc.property(
        anyRuns,
        fc.infiniteStream(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })),
        anyPortions,
        fc.nat(3),
        (runs, stream, portions, before) => {
          const { numbers, bytes } = encoded(runs, width, () => stream.next().value!)
          // They stand anywhere in a page, and at its very end.
          const page = new Uint8Array([...new Uint8Array(before), ...bytes])
          const decoder = new HybridDecoder(page, before, page.length, width)
          const out = new Int32Array(numbers.length)
          inPortions(numbers.length, portions, (from, some) => decoder.read(out, from, some))
          expect([...out]).toEqual(numbers)
        },
      ),
      { numRuns: 25 },
    )
  })
})

/** Dictionaries of nothing but short ones, and long ones, are each copied in a way of their own. */
describe.each([0, 12, 13, 60])('texts of up to %i bytes', (longest) => {
  it('behind their lengths', () => {
    fc.assert(
      fc.property(anyTexts(longest), anyPortions, fc.nat(50), (values, portions, expected) => {
        const bytes = plainPage(values)
        const decoder = new PlainBytes({ bytes, at: 0, end: bytes.length, values: values.length })
        expect(readTexts(decoder, values.length, portions, expected)).toEqual(values)
      }),
    )
  })

  it('by their numbers in a dictionary', () => {
    fc.assert(
      fc.property(
        anyTexts(longest),
        anyRuns,
        fc.infiniteStream(fc.nat()),
        anyPortions,
        fc.nat(50),
        (values, runs, stream, portions, expected) => {
          const dictionary = new Dense(0, values.length, rubbish)
          const plain = plainPage(values)
          new PlainBytes({ bytes: plain, at: 0, end: plain.length, values: values.length }).read(
            values.length,
            dictionary,
          )
          const width = 32 - Math.clz32(values.length - 1)
          const next = () => BigInt(stream.next().value! % values.length)
          const { numbers, bytes } = encoded(runs, width, next)
          const page = new Uint8Array([width, ...bytes])
          const place = { bytes: page, at: 0, end: page.length, values: numbers.length }
          const decoder = new DictionaryValues(place, dictionary)
          const read = readTexts(decoder, numbers.length, portions, expected)
          expect(read).toEqual(numbers.map((number) => values[number]))
        },
      ),
    )
  })
})
