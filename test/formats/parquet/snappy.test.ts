/** Snappy streams of every kind of tag, made here together with what they unpack to. */

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { codecTable } from '../../../src/formats/parquet/codecs/index.ts'

const unpack = (await codecTable()).SNAPPY!

type Tag =
  | { readonly kind: 'literal'; readonly bytes: Uint8Array; readonly extra: number }
  | { readonly kind: 1 | 2 | 4; readonly back: number; readonly length: number }

const numbers = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, k) => Math.floor(value / 256 ** k) % 256)

/** `extra`: bytes that the length takes, at least as many as it needs. */
function literal(bytes: Uint8Array, extra: number): number[] {
  const last = bytes.length - 1
  const least = last < 60 ? 0 : last < 256 ? 1 : last < 65536 ? 2 : 3
  const needed = Math.max(least, extra)
  return needed === 0 ? [last << 2, ...bytes] : [(59 + needed) << 2, ...numbers(last, needed), ...bytes]
}

function copy(kind: 1 | 2 | 4, back: number, length: number): number[] {
  if (kind === 1) return [1 | ((length - 4) << 2) | ((back >> 8) << 5), back & 255]
  return [(kind === 2 ? 2 : 3) | ((length - 1) << 2), ...numbers(back, kind)]
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

const stream = (size: number, ...tags: number[][]) => Uint8Array.from([...varint(size), ...tags.flat()])

/** The stream of some tags, and its bytes unpacked one by one; a copy before all bytes is left out. */
function made(tags: readonly Tag[]): { packed: Uint8Array; bytes: Uint8Array } {
  const bytes: number[] = []
  const written: number[][] = []
  for (const tag of tags) {
    if (tag.kind === 'literal') {
      written.push(literal(tag.bytes, tag.extra))
      bytes.push(...tag.bytes)
    } else if (bytes.length > 0) {
      const back = 1 + (tag.back % bytes.length)
      written.push(copy(tag.kind, back, tag.length))
      for (let i = 0; i < tag.length; i++) bytes.push(bytes[bytes.length - back]!)
    }
  }
  return { packed: stream(bytes.length, ...written), bytes: Uint8Array.from(bytes) }
}

const literals = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 20 }),
  fc.uint8Array({ minLength: 55, maxLength: 300 }),
)
const tag: fc.Arbitrary<Tag> = fc.oneof(
  fc.record({
    kind: fc.constant('literal' as const),
    bytes: literals,
    extra: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({
    kind: fc.constant(1 as const),
    back: fc.oneof(fc.nat(9), fc.nat(2046)),
    length: fc.integer({ min: 4, max: 11 }),
  }),
  fc.record({
    kind: fc.constantFrom(2 as const, 4 as const),
    back: fc.oneof(fc.nat(20), fc.nat(65534)),
    length: fc.integer({ min: 1, max: 64 }),
  }),
)

it('unpacks every mixture of tags to what they say, byte by byte', () => {
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1, maxLength: 60 }), (tags) => {
      const { packed, bytes } = made(tags)
      expect(unpack(packed, bytes.length)).toEqual(bytes)
    }),
    { numRuns: 500 },
  )
})

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 16])('repeats what stands %i bytes back', (back) => {
  const start = Uint8Array.from({ length: 20 }, (_, i) => i + 1)
  for (let length = 1; length <= 64; length++) {
    const { packed, bytes } = made([
      { kind: 'literal', bytes: start, extra: 0 },
      { kind: 2, back: back - 1, length },
    ])
    expect(unpack(packed, bytes.length)).toEqual(bytes)
  }
})

it('unpacks a page too large for the memory that is kept, and a small one after it', () => {
  const size = 40 << 20
  const tags = Array.from({ length: size / 64 }, () => copy(2, 1, 64))
  const packed = Buffer.concat([
    Buffer.from([...varint(size + 1), ...literal(Uint8Array.of(7), 0)]),
    Buffer.from(tags.flat()),
  ])
  const bytes = unpack(packed, size + 1)
  expect(bytes.length).toBe(size + 1)
  expect(bytes.every((byte) => byte === 7)).toBe(true)
  const { packed: small, bytes: expected } = made([
    { kind: 'literal', bytes: Uint8Array.of(1, 2, 3), extra: 0 },
  ])
  expect(unpack(small, 3)).toEqual(expected)
})

it('gives bytes that the next page leaves alone, to whoever keeps them', () => {
  const first = unpack(stream(3, literal(Uint8Array.of(1, 2, 3), 0)), 3)
  unpack(stream(3, literal(Uint8Array.of(9, 9, 9), 0)), 3)
  expect([...first]).toEqual([1, 2, 3])
})

describe('refuses', () => {
  const four = literal(Uint8Array.of(1, 2, 3, 4), 0)
  test.each([
    ['a copy of nothing', stream(8, four, copy(2, 0, 4)), 8],
    ['a copy of what stands before the page', stream(8, four, copy(2, 5, 4)), 8],
    ['a copy of 4 GiB back', stream(8, four, copy(4, 0xffffffff, 4)), 8],
    ['a copy before anything else', stream(4, copy(1, 1, 4)), 4],
    ['a copy longer than the page', stream(6, four, copy(2, 4, 4)), 6],
    ['a literal longer than the page', stream(3, four), 3],
    ['a literal that ends too early', stream(4, four).subarray(0, 4), 4],
    ['a length that ends too early', stream(80, [61 << 2, 79]), 80],
    ['a literal of 4 GiB', stream(4, [63 << 2, 255, 255, 255, 255, 1]), 4],
    ['an offset that ends too early', stream(8, four, copy(4, 4, 4).slice(0, 3)), 8],
    ['fewer bytes than it says', stream(8, four), 8],
    ['another length than the page', stream(4, four), 5],
    ['a length without an end', Uint8Array.from([255, 255, 255, 255, 255, 255]), 5],
    ['nothing at all', new Uint8Array(0), 5],
  ])('%s', (_name, packed, size) => {
    expect(() => unpack(packed, size)).toThrow(/parquet: a page .*SNAPPY/)
    // And the next page is unpacked as if nothing had been.
    expect([...unpack(stream(4, four), 4)]).toEqual([1, 2, 3, 4])
  })
})
