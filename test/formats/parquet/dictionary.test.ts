/** Values by their numbers in dictionaries: several in turn, very large ones, numbers that none of them has. */

import { describe, expect, it, test } from 'vitest'
import { Dense, FRESH } from '../../../src/formats/parquet/values/dense.ts'
import { DictionaryValues } from '../../../src/formats/parquet/values/dictionary.ts'
import { PlainBytes } from '../../../src/formats/parquet/values/plain.ts'

function dictionaryOf(texts: readonly string[]): Dense {
  const bytes = Buffer.concat(
    texts.flatMap((text) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(Buffer.byteLength(text))
      return [length, Buffer.from(text)]
    }),
  )
  const dense = new Dense(0, texts.length, FRESH)
  const page = { bytes: new Uint8Array(bytes), at: 0, end: bytes.length, values: texts.length }
  new PlainBytes(page).read(texts.length, dense)
  return dense
}

/** Each number as a run of one, in the four bytes that 32 bits take. */
function decoderOf(dictionary: Dense, numbers: readonly number[]): DictionaryValues {
  const bytes = Uint8Array.from([
    32,
    ...numbers.flatMap((number) => [2, ...[0, 8, 16, 24].map((bits) => (number >>> bits) & 255)]),
  ])
  return new DictionaryValues({ bytes, at: 0, end: bytes.length, values: numbers.length }, dictionary)
}

function read(decoder: DictionaryValues, count: number): string[] {
  const out = new Dense(0, count, FRESH)
  decoder.read(count, out)
  const data = Buffer.from(out.data.buffer)
  return Array.from({ length: out.count }, (_, i) =>
    data.toString('utf8', out.offsets[i]!, out.offsets[i + 1]!),
  )
}

it('reads from two dictionaries in turn', () => {
  const names = ['', 'a', 'twelve bytes']
  const others = ['x', 'yy', 'zzz']
  const numbers = [2, 1, 0, 2, 2, 1]
  const [first, second] = [dictionaryOf(names), dictionaryOf(others)]
  const [a, b] = [decoderOf(first, numbers), decoderOf(second, numbers)]
  const expected = (values: readonly string[], from: number) =>
    numbers.slice(from, from + 3).map((number) => values[number])
  expect(read(a, 3)).toEqual(expected(names, 0))
  expect(read(b, 3)).toEqual(expected(others, 0))
  expect(read(a, 3)).toEqual(expected(names, 3))
  expect(read(b, 3)).toEqual(expected(others, 3))
})

it('reads from a dictionary of more short texts than its memory is for', () => {
  const names = Array.from({ length: 140_000 }, (_, i) => `n${i}`)
  const numbers = [139_999, 0, 131_072, 131_071]
  const decoder = decoderOf(dictionaryOf(names), numbers)
  expect(read(decoder, 4)).toEqual(numbers.map((number) => names[number]))
})

it('reads more than it looks at once', () => {
  const names = Array.from({ length: 7 }, (_, i) => 'abcdefghijkl'.slice(0, i * 2))
  const numbers = Array.from({ length: 20_000 }, (_, i) => (i * 5) % 7)
  const decoder = decoderOf(dictionaryOf(names), numbers)
  expect(read(decoder, 20_000)).toEqual(numbers.map((number) => names[number]))
})

describe('refuses a number that is not in a dictionary of', () => {
  const numbers = new Dense(8, 3, FRESH)
  numbers.appendFixed(new Uint8Array(24), 0, 24)
  test.each([
    ['short texts', dictionaryOf(['a', 'b', 'c'])],
    ['long texts', dictionaryOf(['a', 'b', 'c is longer than others'])],
    ['numbers', numbers],
    ['nothing', dictionaryOf([])],
  ])('%s', (_name, dictionary) => {
    for (const wrong of [3, 4_000_000, 0x7fffffff, -1]) {
      const decoder = decoderOf(dictionary, [wrong])
      expect(() => decoder.read(1, new Dense(dictionary.width, 1, FRESH))).toThrow(
        `a value is number ${wrong >>> 0} of its dictionary, expected below ${dictionary.count}`,
      )
    }
  })
})
