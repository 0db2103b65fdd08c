/** Bgzf: not a byte of a block is given before its CRC and length were compared. */

import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createDecoder, resumeDecoder } from '../../../src/formats/gzip/index.ts'
import { createBufferedInflate } from '../../../src/formats/gzip/inflate-buffered.ts'
import { AT_ONCE, block, decode, header, member, type Rhythm, text } from './helpers.ts'

/** A block whose bytes stand in it as they are: one of them can be changed without harm to the deflate stream. */
function storedBlock(raw: Uint8Array): Buffer {
  const deflated = deflateRawSync(raw, { level: 0 })
  const fields = Buffer.from([6, 0, 0x42, 0x43, 2, 0, 0, 0])
  fields.writeUInt16LE(10 + fields.length + deflated.length + 8 - 1, 6)
  return member(raw, deflated, header(4, fields))
}

/** The second block wrong in its last byte, its length alone right. */
const first = text(3000, 20, 1)
const second = Buffer.from('a block of which only the first byte is wanted')
const bytes = Buffer.concat([storedBlock(first), storedBlock(second), block(Buffer.from('more'))])
const wrongAt = storedBlock(first).length + storedBlock(second).length - 9

function damaged(at: number): Buffer {
  const wrong = Buffer.from(bytes)
  wrong[at]! ^= 1
  return wrong
}

const ways = [
  ['at once', AT_ONCE, {}],
  ['in small pieces', { feeds: [5, 30], windows: [3, 900] } satisfies Rhythm, {}],
  [
    'by the fallback',
    { feeds: [50], windows: [100] } satisfies Rhythm,
    { createInflate: createBufferedInflate },
  ],
] as const

describe('a block with a byte changed that is still a deflate stream', () => {
  test.each(ways)('gives nothing of it, all before it, and the error (%s)', (_name, rhythm, options) => {
    const { raw, error } = decode(createDecoder('bgzf', options), damaged(wrongAt), rhythm)
    expect(raw.equals(first)).toBe(true)
    expect(error).toMatchObject({
      code: 'invalid-data',
      message: expect.stringMatching(/CRC32 .* in the BGZF block that begins at byte \d+/),
    })
  })

  test('is refused although only its first byte is asked for, from an access point, too', () => {
    const source = storedBlock(first).length
    for (const from of [0, source]) {
      const point = { source: from, bits: 0, raw: from === 0 ? 0 : first.length, window: new Uint8Array(0) }
      const decoder = resumeDecoder('bgzf', point)
      decoder.feed(damaged(wrongAt).subarray(from), false)
      const out = Buffer.alloc(first.length + 1)
      const before = first.length - point.raw
      if (before > 0) expect(decoder.read(out, 0, before + 1)).toBe(before)
      expect(() => decoder.read(out, 0, 1)).toThrow('decompressed bytes have CRC32')
    }
  })

  test('is refused for its length, too', () => {
    const { raw, error } = decode(createDecoder('bgzf'), damaged(wrongAt + 5))
    expect(raw.equals(first)).toBe(true)
    expect(error).toMatchObject({ message: expect.stringContaining('decompressed length is 46') })
  })
})

test('a block is whole before its first byte is given, and its source ends where the next one begins', () => {
  const decoder = createDecoder('bgzf', { points: true })
  const out = Buffer.alloc(100)
  const whole = block(second)
  decoder.feed(whole.subarray(0, whole.length - 1), false)
  expect(decoder.read(out, 0, 1)).toBe(0)
  decoder.feed(whole.subarray(whole.length - 1), false)
  expect(decoder.read(out, 0, 1)).toBe(1)
  expect([decoder.rawOffset, decoder.sourceOffset]).toEqual([1, whole.length])
  expect(decoder.read(out, 1, 100)).toBe(second.length - 1)
  expect(out.subarray(0, second.length).equals(second)).toBe(true)
})

test('a block of more than 64 KiB, which no tool writes, is decoded like the member that it is', () => {
  const raw = Buffer.alloc(1_000_000, 'ab')
  expect(decode(createDecoder('bgzf'), block(raw), { feeds: [100], windows: [70_000] }).raw.equals(raw)).toBe(
    true,
  )
})
