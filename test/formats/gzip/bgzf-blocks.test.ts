import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bgzfBlockSize, findBgzfBlock, resumeDecoder } from '../../../src/formats/gzip/index.ts'
import { block, decode, EOF_BLOCK, member, text } from './helpers.ts'

const raws = Array.from({ length: 12 }, (_, i) => text(100 + i * 300, i % 2 ? 256 : 20, i + 1))
const blocks = [...raws.map((raw) => block(raw)), EOF_BLOCK]
const bytes = Buffer.concat(blocks)
const starts = blocks.map((_, i) => blocks.slice(0, i).reduce((sum, { length }) => sum + length, 0))

test('from anywhere, the next block is found', () => {
  for (let from = 0; from < bytes.length; from++) {
    expect(findBgzfBlock(bytes, from)).toBe(starts.find((start) => start >= from) ?? -1)
  }
})

test('in a piece cut out anywhere, too', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.nat(4000), (from, length) => {
      const to = Math.min(bytes.length, from + length)
      const expected = starts.find((start) => start >= from && start + 18 <= to) ?? -1
      const found = findBgzfBlock(bytes.subarray(from, to), 0)
      expect(found < 0 ? -1 : from + found).toBe(expected)
    }),
  )
})

test('cut at found blocks, a file is decoded piece by piece', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 5 }), (cuts) => {
      const found = cuts.map((cut) => findBgzfBlock(bytes, cut)).filter((at) => at >= 0)
      const ends = [...new Set([0, ...found])].sort((a, b) => a - b)
      const parts = ends.map((start, i) => {
        const point = { source: start, bits: 0, raw: 0, window: new Uint8Array(0) }
        const { raw, error } = decode(resumeDecoder('bgzf', point), bytes.subarray(start, ends[i + 1]))
        expect(error).toBeUndefined()
        return raw
      })
      expect(Buffer.concat(parts).equals(Buffer.concat(raws))).toBe(true)
    }),
  )
})

test('a piece of no blocks is empty, one that begins elsewhere is refused', () => {
  const point = { source: 50, bits: 0, raw: 0, window: new Uint8Array(0) }
  expect(decode(resumeDecoder('bgzf', point), Buffer.alloc(0)).raw.length).toBe(0)
  const { error } = decode(resumeDecoder('bgzf', point), bytes.subarray(50))
  expect(error).toMatchObject({ code: 'invalid-data', details: { offset: 50 } })
})

test('what only looks like a header is passed over', () => {
  const fake = block(text(300, 256, 1)).subarray(0, 18)
  const file = Buffer.concat([fake, text(500, 256, 2), ...blocks])
  expect(findBgzfBlock(file, 0)).toBe(fake.length + 500)
  expect(findBgzfBlock(text(100_000, 256, 3), 0)).toBe(-1)
  expect(findBgzfBlock(member(text(100, 20, 1)), 0)).toBe(-1)
  expect(findBgzfBlock(new Uint8Array(0), 0)).toBe(-1)
})

test('the last block may be followed by padding or by an ordinary member', () => {
  expect(findBgzfBlock(Buffer.concat([block(raws[0]!), Buffer.alloc(9)]), 0)).toBe(0)
  expect(findBgzfBlock(Buffer.concat([block(raws[0]!), member(raws[1]!)]), 0)).toBe(0)
})

test('the size of a block stands in its header', () => {
  expect(starts.map((start) => bgzfBlockSize(bytes, start))).toEqual(blocks.map(({ length }) => length))
  expect(bgzfBlockSize(bytes, 1)).toBeUndefined()
  expect(bgzfBlockSize(bytes, bytes.length - 5)).toBeUndefined()
  expect(bgzfBlockSize(member(raws[0]!), 0)).toBeUndefined()
})
