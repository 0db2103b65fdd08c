/** Ways to drive a decoder, and gzip files of every kind. */

import { constants, crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import type { AccessPoint, ClosableDecoder } from '../../../src/formats/gzip/index.ts'

/** How a file is fed and read: sizes that are used in turn. */
export interface Rhythm {
  readonly feeds: readonly number[]
  readonly windows: readonly number[]
}

export const AT_ONCE: Rhythm = { feeds: [Number.POSITIVE_INFINITY], windows: [1 << 20] }

export interface Decoded {
  readonly raw: Buffer
  readonly points: AccessPoint[]
  /** What ended it, when that was not the file's end. */
  readonly error?: unknown
}

/** Reads a decoder to its end or to its error, and checks on the way what its contract promises. */
export function decode(decoder: ClosableDecoder, bytes: Uint8Array, rhythm: Rhythm = AT_ONCE): Decoded {
  const parts: Buffer[] = []
  const points: AccessPoint[] = []
  const start = decoder.rawOffset
  let at = 0
  let length = 0
  let last: Buffer | undefined
  let out = Buffer.alloc(0)
  try {
    for (let turn = 0; !decoder.done; turn++) {
      const window = rhythm.windows[turn % rhythm.windows.length]!
      if (out.length < window + 2) out = Buffer.alloc(window + 2)
      out[0] = out[window + 1] = 0xee
      const written = decoder.read(out, 1, window + 1)
      if (out[0] !== 0xee || out[window + 1] !== 0xee) throw new Error('wrote outside its window')
      parts.push(Buffer.from(out.subarray(1, written + 1)))
      length += written
      if (decoder.rawOffset !== start + length) throw new Error(`rawOffset is ${decoder.rawOffset}`)
      for (const point of decoder.takePoints()) {
        if (point.raw > decoder.rawOffset) throw new Error('a point came before its bytes')
        points.push(point)
      }
      if (written > 0 || decoder.done) continue
      const size = Math.max(1, rhythm.feeds[turn % rhythm.feeds.length]!)
      // What was fed is destroyed before the next feed: decoders must not look at it any more.
      last?.fill(0xdd)
      const fed = Buffer.from(bytes.subarray(at, at + size))
      at += fed.length
      decoder.feed(fed, at === bytes.length)
      last = fed
    }
  } catch (error) {
    return { raw: Buffer.concat(parts), points, error }
  }
  return { raw: Buffer.concat(parts), points }
}

/** Points as short texts, because comparing large arrays one number at a time takes seconds. */
export function brief(points: readonly AccessPoint[]): string[] {
  return points.map(
    ({ source, bits, raw, window }) => `${source}.${bits} ${raw} ${window.length} ${crc32(window)}`,
  )
}

export function header(flags = 0, ...fields: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255]), ...fields])
}

/** A gzip member around a deflate stream. */
export function member(raw: Uint8Array, deflated: Uint8Array = deflateRawSync(raw), head = header()): Buffer {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(raw), 0)
  trailer.writeUInt32LE(raw.length, 4)
  return Buffer.concat([head, deflated, trailer])
}

/** A BGZF block; `extra` stands in the extra field before BC. */
export function block(raw: Uint8Array, extra: Uint8Array = Buffer.alloc(0)): Buffer {
  const deflated = deflateRawSync(raw)
  const fields = Buffer.alloc(2 + extra.length + 6)
  fields.writeUInt16LE(extra.length + 6, 0)
  fields.set(extra, 2)
  fields.set([0x42, 0x43, 2, 0], 2 + extra.length)
  fields.writeUInt16LE(10 + fields.length + deflated.length + 8 - 1, 2 + extra.length + 4)
  return member(raw, deflated, header(4, fields))
}

/** SAM spec, 4.1.2. */
export const EOF_BLOCK = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex')

/** Text whose compressibility `variety` sets: 1 is one letter again and again, 256 is noise. */
export function text(length: number, variety: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = variety >= 256 ? state >>> 24 : 65 + ((state >>> 8) % variety)
    // Repeats, as records have them.
    if (variety < 256 && i > 400 && (state & 31) === 0) {
      const back = 1 + ((state >>> 5) % 400)
      for (let k = 0; k < 40 && i < length - 1; k++, i++) bytes[i + 1] = bytes[i + 1 - back]!
    }
  }
  return bytes
}

interface Piece {
  readonly raw: Buffer
  readonly level: number
  readonly strategy: number
  readonly memLevel: number
  readonly flush: number
}

/** One deflate stream out of pieces that were made with different settings and flushes between them. */
function deflatePieces(pieces: readonly Piece[]): { raw: Buffer; deflated: Buffer } {
  const deflated: Buffer[] = []
  let raw = Buffer.alloc(0)
  for (const { raw: more, flush, ...settings } of pieces) {
    const dictionary = flush === constants.Z_SYNC_FLUSH ? raw.subarray(-32768) : raw.subarray(0, 0)
    const options = { ...settings, finishFlush: flush, ...(dictionary.length > 0 ? { dictionary } : {}) }
    deflated.push(deflateRawSync(more, options))
    raw = Buffer.concat([raw, more])
  }
  deflated.push(deflateRawSync(Buffer.alloc(0)))
  return { raw, deflated: Buffer.concat(deflated) }
}

const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED } = constants

const anyPiece = (longest: number) =>
  fc.record({
    raw: fc
      .tuple(fc.nat(longest), fc.constantFrom(1, 2, 4, 20, 64, 256), fc.nat())
      .map(([length, variety, seed]) => text(length, variety, seed)),
    level: fc.integer({ min: 0, max: 9 }),
    strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED),
    // Small ones make many blocks.
    memLevel: fc.constantFrom(1, 1, 2, 8),
    flush: fc.constantFrom(constants.Z_SYNC_FLUSH, constants.Z_FULL_FLUSH),
  })

const anyHeader = fc
  .record({
    extra: fc.option(fc.uint8Array({ maxLength: 30 })),
    name: fc.option(fc.uint8Array({ min: 1, maxLength: 30 })),
    comment: fc.option(fc.uint8Array({ min: 1, maxLength: 30 })),
    crc: fc.boolean(),
    text: fc.boolean(),
  })
  .map(({ extra, name, comment, crc, text: isText }) => {
    const flags = (isText ? 1 : 0) | (crc ? 2 : 0) | (extra ? 4 : 0) | (name ? 8 : 0) | (comment ? 16 : 0)
    const fields = extra ? [Buffer.from([extra.length, 0]), extra] : []
    for (const words of [name, comment]) if (words) fields.push(words, Buffer.alloc(1))
    const head = header(flags, ...fields)
    if (!crc) return head
    const crc16 = crc32(head) & 0xffff
    return Buffer.concat([head, Buffer.from([crc16 & 255, crc16 >> 8])])
  })

export interface GzipFile {
  readonly raw: Buffer
  readonly bytes: Buffer
}

/** Gzip files of several members, some of them empty, each of several pieces of up to `longest` bytes. */
export function anyGzip(longest: number, members = 4): fc.Arbitrary<GzipFile> {
  const anyMember = fc
    .tuple(anyHeader, fc.array(anyPiece(longest), { maxLength: 3 }))
    .map(([head, pieces]) => {
      const { raw, deflated } = deflatePieces(pieces)
      return { raw, bytes: member(raw, deflated, head) }
    })
  return fc.array(anyMember, { minLength: 1, maxLength: members }).map((all) => ({
    raw: Buffer.concat(all.map(({ raw }) => raw)),
    bytes: Buffer.concat(all.map(({ bytes }) => bytes)),
  }))
}

export const anyRhythm: fc.Arbitrary<Rhythm> = fc.record({
  feeds: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 })), {
    minLength: 1,
    maxLength: 4,
  }),
  windows: fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100_000 })), {
    minLength: 1,
    maxLength: 4,
  }),
})
