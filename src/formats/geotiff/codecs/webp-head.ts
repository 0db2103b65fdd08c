/** What a WebP file says of its picture (RFC 9649), found without decoding it. */

import { VarveError } from '../../../errors.ts'

export interface WebpHead {
  readonly width: number
  readonly height: number
  /** It has opacity beside red, green and blue. */
  readonly alpha: boolean
}

/** Bit of VP8X's flags. */
const ALPHA = 0x10
const VP8L_SIGNATURE = 0x2f
const CHUNKS = 12

const bad = (what: string): VarveError => new VarveError('invalid-data', `geotiff: WebP: ${what}`)

/** Of the picture itself: what a chunk before it says of the canvas, libwebp compares with it before it decodes. */
export function readWebpHead(bytes: Uint8Array): WebpHead {
  const text = (at: number, length: number): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1')
  if (bytes.length < CHUNKS || text(0, 4) !== 'RIFF' || text(8, 4) !== 'WEBP') {
    const found = Buffer.from(bytes.subarray(0, CHUNKS)).toString('hex')
    throw bad(`a tile starts with the bytes ${found}, expected "RIFF", a length, "WEBP"`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let flagged = false
  let chunked = false
  for (let at = CHUNKS; at + 8 <= bytes.length; ) {
    const tag = text(at, 4)
    const body = at + 8
    const length = view.getUint32(at + 4, true)
    const held = Math.min(length, bytes.length - body)
    if (tag === 'VP8 ') {
      // Section 9.1 of RFC 6386: a key frame's tag and start code, then 14 bits of each side and two of scaling.
      const isKey = held >= 10 && (bytes[body]! & 1) === 0 && text(body + 3, 3) === '\x9d\x01\x2a'
      if (!isKey) throw bad('a tile holds no key frame')
      const [width, height] = [
        view.getUint16(body + 6, true) & 0x3fff,
        view.getUint16(body + 8, true) & 0x3fff,
      ]
      return { width, height, alpha: flagged || chunked }
    }
    if (tag === 'VP8L') {
      if (held < 5 || bytes[body] !== VP8L_SIGNATURE) throw bad('a tile holds no lossless picture')
      const bits = view.getUint32(body + 1, true)
      const [width, height] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
      return { width, height, alpha: chunked || ((bits >>> 28) & 1) === 1 }
    }
    if (tag === 'VP8X' && held > 0) flagged = (bytes[body]! & ALPHA) !== 0
    if (tag === 'ALPH') chunked = true
    // Chunks begin at even bytes.
    at = body + length + (length & 1)
  }
  throw bad('a tile holds no picture')
}
