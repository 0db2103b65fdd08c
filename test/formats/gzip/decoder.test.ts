import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Container, createDecoder, resumeDecoder } from '../../../src/formats/gzip/index.ts'
import { createBufferedInflate } from '../../../src/formats/gzip/inflate-buffered.ts'
import { anyGzip, anyRhythm, block, decode, EOF_BLOCK, header, member, text } from './helpers.ts'

describe('whatever the file and however it is fed and read', () => {
  test('gzip decodes to what gunzip says', () => {
    fc.assert(
      fc.property(anyGzip(60_000), anyRhythm, fc.nat(20), (file, rhythm, padding) => {
        const bytes = Buffer.concat([file.bytes, Buffer.alloc(padding)])
        const { raw, error, points } = decode(createDecoder('gzip'), bytes, rhythm)
        expect(error).toBeUndefined()
        expect(raw.equals(file.raw)).toBe(true)
        expect(gunzipSync(file.bytes).equals(raw)).toBe(true)
        expect(points).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('the fallback decodes the same', () => {
    fc.assert(
      fc.property(anyGzip(60_000), anyRhythm, (file, rhythm) => {
        const options = { createInflate: createBufferedInflate, points: { floor: 1, share: 9 } }
        const { raw, error, points } = decode(createDecoder('gzip', options), file.bytes, rhythm)
        expect(error).toBeUndefined()
        expect(raw.equals(file.raw)).toBe(true)
        expect(points.every((point) => point.window.length === 0)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('plain bytes are handed on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), anyRhythm, (bytes, rhythm) => {
        expect(decode(createDecoder('plain'), bytes, rhythm).raw.equals(bytes)).toBe(true)
      }),
    )
    const from = resumeDecoder('plain', { source: 7, bits: 0, raw: 7, window: new Uint8Array(0) })
    expect(decode(from, Buffer.from('rest')).raw.toString()).toBe('rest')
    expect([from.rawOffset, from.sourceOffset, from.done]).toEqual([11, 11, true])
  })

  test('bgzf decodes, and its blocks may be followed by ordinary members', () => {
    const anyPart = fc
      .tuple(fc.nat(65_280), fc.integer({ min: 1, max: 64 }), fc.nat(), fc.constantFrom(block, block, member))
      .map(([length, variety, seed, make]) => ({ raw: text(length, variety, seed), make }))
    fc.assert(
      fc.property(fc.array(anyPart, { maxLength: 8 }), fc.boolean(), anyRhythm, (parts, eof, rhythm) => {
        const bytes = parts.map(({ raw, make }) => make(raw))
        if (eof || parts.length === 0) bytes.push(EOF_BLOCK)
        const { raw, error } = decode(createDecoder('bgzf'), Buffer.concat(bytes), rhythm)
        expect(error).toBeUndefined()
        expect(raw.equals(Buffer.concat(parts.map((part) => part.raw)))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

test('the source offset after a bgzf block is the next block', () => {
  const first = block(Buffer.from('first'))
  const decoder = createDecoder('bgzf')
  const out = Buffer.alloc(100)
  decoder.feed(first, false)
  expect(decoder.read(out, 0, 100)).toBe(5)
  expect(decoder.read(out, 0, 100)).toBe(0)
  expect([decoder.sourceOffset, decoder.done]).toEqual([first.length, false])
  decoder.feed(new Uint8Array(0), true)
  expect(decoder.read(out, 0, 100)).toBe(0)
  expect(decoder.done).toBe(true)
})

test('what came before an error is delivered, and the error comes again', () => {
  const decoder = createDecoder('gzip')
  decoder.feed(Buffer.concat([gzipSync('good'), Buffer.from('bad')]), true)
  const out = Buffer.alloc(100)
  expect(decoder.read(out, 0, 100)).toBe(4)
  for (let i = 0; i < 2; i++) {
    expect(() => decoder.read(out, 0, 100)).toThrow('found 0x62 after the last member')
  }
})

test('a closed decoder says so', () => {
  const decoder = createDecoder('gzip')
  decoder.close()
  decoder.close()
  expect(() => decoder.read(Buffer.alloc(1), 0, 1)).toThrow('gzip: the decoder is closed')
})

test('feeding after the end is a mistake that is told', () => {
  const decoder = createDecoder('plain')
  decoder.feed(Buffer.from('a'), true)
  expect(() => decoder.feed(Buffer.from('b'), true)).toThrow('fed after the end')
})

test('100,000 blocks through one decoder leave no memory behind', () => {
  const blocks = Buffer.concat(Array.from({ length: 1000 }, (_, i) => block(Buffer.from(`block ${i}\n`))))
  const decoder = createDecoder('bgzf')
  const out = Buffer.alloc(1 << 20)
  let length = 0
  let before = 0
  for (let round = 0; round < 100; round++) {
    decoder.feed(blocks, round === 99)
    for (let n = 1; n > 0; ) length += n = decoder.read(out, 0, out.length)
    if (round === 20) before = process.memoryUsage().rss
  }
  expect(decoder.done).toBe(true)
  expect(length).toBe(100 * Array.from({ length: 1000 }, (_, i) => `block ${i}\n`).join('').length)
  expect(process.memoryUsage().rss - before).toBeLessThan(60e6)
})

describe('wrong files', () => {
  const good = gzipSync('hello')
  const cases: [string, Container, Buffer, string][] = [
    [
      'no bytes at all',
      'gzip',
      Buffer.alloc(0),
      'gzip: the file is empty, expected a member header (byte 0)',
    ],
    [
      'text',
      'gzip',
      Buffer.from('@r1'),
      "gzip: found 40 72 31, expected a member's header 1f 8b 08 (byte 0)",
    ],
    [
      'text behind it',
      'gzip',
      Buffer.concat([good, Buffer.from('x')]),
      `found 0x78 after the last member, expected another one, zero padding or the end (byte ${good.length})`,
    ],
    [
      'text behind the padding',
      'gzip',
      Buffer.concat([good, Buffer.from('\0\0x')]),
      `(byte ${good.length + 2})`,
    ],
    [
      'half a header behind it',
      'gzip',
      Buffer.concat([good, good.subarray(0, 4)]),
      `gzip: the file ends inside a member header (the member that begins at byte 0) (byte ${good.length + 4})`,
    ],
    [
      'a stream that breaks off',
      'gzip',
      good.subarray(0, 12),
      'gzip: the file ends in the middle of a deflate stream (the member that begins at byte 0) (byte 12)',
    ],
    [
      'a trailer that breaks off',
      'gzip',
      good.subarray(0, -3),
      "gzip: the file ends inside a member's CRC and length (the member that begins at byte 0)",
    ],
    ['a wrong CRC', 'gzip', changed(good, -8), 'CRC32 3610a686, expected 3610a687'],
    ['a wrong length', 'gzip', changed(good, -4), 'decompressed length is 5 (mod 2^32), expected 4'],
    [
      'a wrong block type',
      'gzip',
      Buffer.concat([header(), Buffer.from([7, 0, 0])]),
      'gzip: the member that begins at byte 0 has a damaged deflate stream: invalid block type',
    ],
    [
      'a wrong block size',
      'bgzf',
      changed(block(Buffer.from('hello')), 16),
      'bgzf: the BGZF block that begins at byte 0 is 33 bytes long, its header says 34',
    ],
  ]
  test.each(cases)('%s', (_name, container, bytes, message) => {
    const { error } = decode(createDecoder(container), bytes)
    expect(error).toMatchObject({ code: 'invalid-data', details: { container } })
    expect((error as Error).message).toContain(message)
  })
})

/** The file with the lowest bit of one byte changed. */
function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at < 0 ? bytes.length + at : at]! ^= 1
  return copy
}
