import { createHash } from 'node:crypto'
import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBlockBits } from '../../../src/formats/gzip/block-bits.ts'
import {
  type AccessPoint,
  createDecoder,
  deflateWindow,
  inflateWindow,
  type PointSpacing,
  resumeDecoder,
} from '../../../src/formats/gzip/index.ts'
import { anyGzip, anyRhythm, block, brief, decode, EOF_BLOCK, member, type Rhythm, text } from './helpers.ts'

/** As many points as there can be. */
const DENSE: PointSpacing = { floor: 1, share: 1e9 }

/** Blocks that begin at any bit, a few hundred bytes apart. */
const manyBlocks = (raw: Buffer) => member(raw, deflateRawSync(raw, { memLevel: 1 }))

/** Every point must lead to exactly the rest of the file. */
function expectResumes(file: { raw: Buffer; bytes: Buffer }, points: AccessPoint[], rhythm?: Rhythm): void {
  for (const point of points) {
    const decoder = resumeDecoder('gzip', point)
    expect(decoder.rawOffset).toBe(point.raw)
    const { raw, error } = decode(decoder, file.bytes.subarray(point.source), rhythm)
    expect(error).toBeUndefined()
    expect(raw.equals(file.raw.subarray(point.raw))).toBe(true)
  }
}

test('every point leads to exactly the rest of the file, and points do not depend on the reading', () => {
  let windows = 0
  const bits = new Set<number>()
  fc.assert(
    fc.property(anyGzip(25_000, 3), anyRhythm, (file, rhythm) => {
      const { points, raw, error } = decode(createDecoder('gzip', { points: DENSE }), file.bytes, rhythm)
      expect(error).toBeUndefined()
      expect(raw.equals(file.raw)).toBe(true)
      const atOnce = decode(createDecoder('gzip', { points: DENSE }), file.bytes)
      expect(brief(atOnce.points)).toEqual(brief(points))
      expect(points[0]).toMatchObject({ bits: 0, raw: 0 })
      for (const [i, point] of points.entries()) {
        if (point.window.length > 0) windows++
        bits.add(point.bits)
        if (i > 0) expect(point.source).toBeGreaterThan(points[i - 1]!.source)
      }
      const some = points.filter((_, i) => i % Math.ceil(points.length / 6) === 0)
      expectResumes(file, some, rhythm)
    }),
    { numRuns: 25 },
  )
  expect(windows).toBeGreaterThan(50)
  expect([...bits].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('blocks that begin at every bit are found, one by one', () => {
  const raw = text(300_000, 30, 3)
  const file = { raw, bytes: manyBlocks(raw) }
  const { points } = decode(createDecoder('gzip', { points: DENSE }), file.bytes)
  expect(points.length).toBeGreaterThan(60)
  expect(new Set(points.map(({ bits }) => bits)).size).toBe(8)
  expectResumes(file, points)
})

test('stored blocks, whose first bits are ambiguous, are taken where it does not matter', () => {
  const raw = text(1_500_000, 256, 3)
  const file = { raw, bytes: member(raw, deflateRawSync(raw, { level: 0 })) }
  const { points } = decode(createDecoder('gzip', { points: DENSE }), file.bytes)
  expect(points.length).toBeGreaterThan(4)
  expectResumes(file, points)
})

describe('where a stored block begins', () => {
  const data = text(2048, 256, 1)
  const stored = (...before: number[]) => Buffer.concat([Buffer.from([...before, 0, 8, 255, 247]), data])
  test.each([
    ['its own byte, as the last block', [0xff, 1], 0],
    ['its own byte, or bits before it that mean the same', [0x3f, 0], 0],
    ['bit 1, or later ones that mean the same', [0x00], 1],
    ['bit 5, as the last block', [0x3f], 5],
    ['unknown: bit 3 would make it the last block, bit 4 would not', [0x0f], -1],
    ['unknown: bit 7 would make it the last block, the next byte would not', [0x80, 0], -1],
  ])('%s', (_name, before, bits) => {
    const bytes = stored(...before)
    expect(findBlockBits(new Uint8Array(0), bytes, 1, bytes.length, data)).toBe(bits)
  })
})

test('endless runs of one byte give right points or none', () => {
  const raw = Buffer.alloc(30_000_000, 65)
  const file = { raw, bytes: manyBlocks(raw) }
  const { points, error } = decode(createDecoder('gzip', { points: DENSE }), file.bytes)
  expect(error).toBeUndefined()
  expectResumes(file, [points[0]!, ...points.slice(-3)])
})

test('a run of thousands of empty blocks is no trap', () => {
  const empty = deflateRawSync(Buffer.alloc(0), { finishFlush: constants.Z_FULL_FLUSH })
  const raw = text(100_000, 20, 9)
  const start = deflateRawSync(raw.subarray(0, 50_000), { finishFlush: constants.Z_FULL_FLUSH })
  const deflated = [
    start,
    ...Array.from({ length: 30_000 }, () => empty),
    deflateRawSync(raw.subarray(50_000)),
  ]
  const file = { raw, bytes: member(raw, Buffer.concat(deflated)) }
  const small = { feeds: [1000], windows: [5000] }
  const { points, error, raw: all } = decode(createDecoder('gzip', { points: DENSE }), file.bytes, small)
  expect(error).toBeUndefined()
  expect(all.equals(raw)).toBe(true)
  expectResumes(file, points)
})

test('a resumed decoder makes the points that follow', () => {
  const raw = text(400_000, 30, 4)
  const bytes = manyBlocks(raw)
  const spacing = { floor: 3000, share: 2 }
  const { points } = decode(createDecoder('gzip', { points: spacing }), bytes)
  expect(points.length).toBeGreaterThan(8)
  const from = points[3]!
  const resumed = resumeDecoder('gzip', from, { points: spacing })
  const more = decode(resumed, bytes.subarray(from.source)).points
  expect(brief(more)).toEqual(brief(points.slice(4)))
})

describe('with the usual spacing', () => {
  test('windows take no more than 0.8 % of the file, and every one is paid for', () => {
    const raw = Buffer.concat([text(6e6, 40, 2), text(9e6, 2, 2), text(3e6, 90, 2)])
    const file = { raw, bytes: member(raw, deflateRawSync(raw, { level: 1 })) }
    const { points } = decode(createDecoder('gzip', { points: true }), file.bytes)
    const windows = points.reduce((sum, { window }) => sum + window.length, 0)
    expect(windows / file.bytes.length).toBeLessThan(0.008)
    expect(windows / file.bytes.length).toBeGreaterThan(0.003)
    for (let i = 1; i < points.length; i++) {
      const distance = points[i]!.source - points[i - 1]!.source
      expect(distance).toBeGreaterThanOrEqual(64 * 1024)
      expect(points[i]!.window.length).toBeLessThanOrEqual(0.008 * (distance + 1))
    }
    expectResumes(file, points.slice(-2))
  })

  test('tiny members are not points, one in every 64 KiB is', () => {
    const one = text(3000, 60, 1)
    const count = 400
    const each = member(one)
    const file = {
      raw: Buffer.concat(Array.from({ length: count }, () => one)),
      bytes: Buffer.concat(
        Array.from({ length: count }, () => Buffer.concat([each, member(Buffer.alloc(0))])),
      ),
    }
    const { points } = decode(createDecoder('gzip', { points: true }), file.bytes)
    expect(points.length).toBe(
      Math.ceil(file.bytes.length / (Math.ceil(65536 / (each.length + 20)) * (each.length + 20))),
    )
    expect(
      points.every(({ window, bits, raw }) => window.length === 0 && bits === 0 && raw % 3000 === 0),
    ).toBe(true)
    expectResumes(file, points)
  })

  test('an empty file has its beginning', () => {
    const { points } = decode(createDecoder('gzip', { points: true }), member(Buffer.alloc(0)))
    expect(points).toEqual([{ source: 10, bits: 0, raw: 0, window: new Uint8Array(0) }])
  })
})

test('a resumed decoder checks later members, not the one it begins in', () => {
  const raw = text(100_000, 30, 5)
  const first = manyBlocks(raw)
  const { points } = decode(createDecoder('gzip', { points: DENSE }), first)
  const point = points[5]!
  first[first.length - 8]! ^= 1
  const second = member(raw)
  const rest = Buffer.concat([first, second]).subarray(point.source)
  const { raw: all, error } = decode(resumeDecoder('gzip', point), rest)
  expect(error).toBeUndefined()
  expect(all.equals(Buffer.concat([raw.subarray(point.raw), raw]))).toBe(true)
  rest[rest.length - 8]! ^= 1
  expect(decode(resumeDecoder('gzip', point), rest).error).toMatchObject({ code: 'invalid-data' })
})

test('a later member cannot reach into the window of the point', () => {
  const raw = text(100_000, 30, 5)
  const first = manyBlocks(raw)
  const point = decode(createDecoder('gzip', { points: DENSE }), first).points[5]!
  const dictionary = Buffer.from(inflateWindow(point.window))
  const cheat = member(raw.subarray(0, 500), deflateRawSync(raw.subarray(0, 500), { dictionary }))
  const bytes = Buffer.concat([first, cheat]).subarray(point.source)
  expect(decode(createDecoder('gzip'), cheat).error).toBeDefined()
  expect(decode(resumeDecoder('gzip', point), bytes).error).toMatchObject({ code: 'invalid-data' })
})

test('a span of the file between two points is enough for what lies between them', () => {
  const raw = text(200_000, 30, 8)
  const bytes = manyBlocks(raw)
  const { points } = decode(createDecoder('gzip', { points: { floor: 5000, share: 1e9 } }), bytes)
  const hash = createHash('sha256')
  for (const [i, point] of points.entries()) {
    const next = points[i + 1] ?? { source: bytes.length, bits: 0, raw: raw.length }
    const span = bytes.subarray(point.source, next.source + (next.bits > 0 ? 1 : 0))
    const decoder = resumeDecoder('gzip', point)
    const out = Buffer.alloc(next.raw - point.raw)
    decoder.feed(span, false)
    expect(decoder.read(out, 0, out.length)).toBe(out.length)
    decoder.close()
    hash.update(out)
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(raw).digest('hex'))
})

test('windows come back as they were, damaged ones are refused', () => {
  const window = text(32_768, 20, 1)
  expect(Buffer.from(inflateWindow(deflateWindow(window))).equals(window)).toBe(true)
  expect(deflateWindow(new Uint8Array(0)).length).toBe(0)
  expect(inflateWindow(new Uint8Array(0)).length).toBe(0)
  expect(() => inflateWindow(Buffer.from([7, 7]))).toThrow('access point: its window does not inflate')
  expect(() => inflateWindow(deflateRawSync(Buffer.alloc(40_000)))).toThrow('does not inflate')
})

test('bgzf points are block headers, 1 MiB of raw bytes apart, and lead to the rest', () => {
  const raw = text(5_000_000, 20, 3)
  const blocks: Buffer[] = []
  const starts = new Map<number, number>()
  let source = 0
  for (let at = 0; at < raw.length; at += 65_280) {
    starts.set(source, at)
    const bytes = block(raw.subarray(at, at + 65_280))
    source += bytes.length
    blocks.push(bytes)
  }
  const bytes = Buffer.concat([...blocks, EOF_BLOCK])
  const { points } = decode(createDecoder('bgzf', { points: true }), bytes)
  expect(points.map((point) => point.raw)).toEqual(
    [0, 1, 2, 3, 4].map((n) => n * 17 * 65_280).filter((n) => n < raw.length),
  )
  for (const point of points) {
    expect(starts.get(point.source)).toBe(point.raw)
    expect([point.bits, point.window.length]).toEqual([0, 0])
    const { raw: rest, error } = decode(resumeDecoder('bgzf', point), bytes.subarray(point.source))
    expect(error).toBeUndefined()
    expect(rest.equals(raw.subarray(point.raw))).toBe(true)
  }
})
