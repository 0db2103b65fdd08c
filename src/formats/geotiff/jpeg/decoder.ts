/**
 * Sequential JPEG with 8 bits (ITU-T T.81) as tiles of TIFF have it (technical note 2), to the values that
 * libjpeg-turbo gives, which GDAL is mostly built with (IJG's libjpeg 9 interpolates chroma in another way).
 *
 * Rejected: @cornerstonejs/codec-libjpeg-turbo-8bit (WebAssembly, equal values), which loads its binary from the disk
 * where it was installed, knows no four bands and no RGB without a marker; the decoder of geotiff.js, which repeats
 * chroma where GDAL interpolates it.
 */

import { VarveError } from '../../../errors.ts'
import type { TileShape } from '../codecs/index.ts'
import { BitReader, HuffmanTable } from './huffman.ts'
import { inverseDct } from './idct.ts'
import { type Plane, rgbRow, upsampledRow } from './upsample.ts'

// biome-ignore format: eight rows of eight (T.81, Figure A.6)
const ZIGZAG = new Uint8Array([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
  28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
  47, 55, 62, 63,
])

/** Samples from a byte: four blocks of 64, and chroma that is spread 16-fold. */
const MOST_RATIO = 1024

interface Component {
  readonly id: number
  readonly h: number
  readonly v: number
  readonly table: number
  readonly plane: Plane
  /** Blocks across and down that hold samples, when the component stands alone in its scan. */
  readonly blocksAcross: number
  readonly blocksDown: number
}

interface Frame {
  readonly width: number
  readonly height: number
  readonly hMax: number
  readonly vMax: number
  readonly components: readonly Component[]
}

const bad = (what: string): VarveError => new VarveError('invalid-data', `geotiff: JPEG: ${what}`)
const unread = (what: string): VarveError =>
  new VarveError(
    'unsupported',
    `geotiff: JPEG ${what} is not read, expected sequential Huffman coding of 8 bits`,
  )

export class JpegDecoder {
  readonly #quant: (Uint16Array | undefined)[] = []
  readonly #dc: (HuffmanTable | undefined)[] = []
  readonly #ac: (HuffmanTable | undefined)[] = []
  #interval = 0
  readonly #block = new Int32Array(64)

  /** `tables`: what all tiles share; `ycbcr`: three components are YCbCr, whatever the stream says. */
  constructor(
    tables: Uint8Array | undefined,
    readonly ycbcr: boolean,
  ) {
    if (tables !== undefined) this.#stream(tables, undefined)
  }

  /** The samples of a tile, pixel by pixel. */
  decode(bytes: Uint8Array, shape: TileShape): Uint8Array {
    // Every block takes two bits at least; without this a few bytes could ask for half a gigabyte.
    if (shape.bytes > bytes.length * MOST_RATIO) throw bad(`${bytes.length} bytes for ${shape.bytes} samples`)
    this.#interval = 0
    const frame = this.#stream(bytes, shape)
    if (frame === undefined) throw bad('a tile without a frame')
    return this.#pixels(frame, shape)
  }

  /** Reads markers up to the end of the image; returns its frame with the samples decoded. */
  #stream(bytes: Uint8Array, shape: TileShape | undefined): Frame | undefined {
    if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw bad('a tile that does not start with FF D8')
    let at = 2
    let frame: Frame | undefined
    const scanned = new Set<number>()
    while (at + 3 < bytes.length) {
      if (bytes[at] !== 0xff) {
        at++
        continue
      }
      const marker = bytes[at + 1]!
      if (marker === 0xff) {
        at++
        continue
      }
      if (marker === 0xd9) break
      if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
        at += 2
        continue
      }
      const end = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
      if (end > bytes.length || end < at + 4) throw bad(`a segment at byte ${at} that ends outside the tile`)
      const body = bytes.subarray(at + 4, end)
      at = end
      if (marker === 0xdb) this.#quantization(body)
      else if (marker === 0xc4) this.#huffman(body)
      else if (marker === 0xdd) this.#interval = ((body[0] ?? 0) << 8) | (body[1] ?? 0)
      else if (marker === 0xc0 || marker === 0xc1) {
        if (shape === undefined || frame !== undefined) throw bad('a frame where none belongs')
        frame = readFrame(body, shape)
      } else if (marker >= 0xc2 && marker <= 0xcf) {
        throw unread(marker === 0xc2 ? 'with progressive coding' : `of coding process ${marker - 0xc0}`)
      } else if (marker === 0xda) {
        if (frame === undefined) throw bad('a scan without a frame')
        at = this.#scan(bytes, at, body, frame, scanned)
        if (scanned.size === frame.components.length) return frame
      }
    }
    if (frame !== undefined) throw bad(`${scanned.size} components, expected ${frame.components.length}`)
    return undefined
  }

  #quantization(body: Uint8Array): void {
    for (let at = 0; at < body.length; ) {
      const wide = body[at]! >> 4
      const table = new Uint16Array(64)
      const size = wide === 0 ? 64 : 128
      if (at + 1 + size > body.length) throw bad('a quantization table that is too short')
      for (let i = 0; i < 64; i++) {
        const from = at + 1 + (wide === 0 ? i : 2 * i)
        table[ZIGZAG[i]!] = wide === 0 ? body[from]! : (body[from]! << 8) | body[from + 1]!
      }
      this.#quant[body[at]! & 15] = table
      at += 1 + size
    }
  }

  #huffman(body: Uint8Array): void {
    for (let at = 0; at < body.length; ) {
      const counts = body.subarray(at + 1, at + 17)
      const total = counts.reduce((sum, count) => sum + count, 0)
      if (at + 17 + total > body.length) throw bad('a Huffman table that is too short')
      const table = new HuffmanTable(counts, body.slice(at + 17, at + 17 + total))
      const tables = body[at]! >> 4 === 0 ? this.#dc : this.#ac
      tables[body[at]! & 15] = table
      at += 17 + total
    }
  }

  /** One scan; returns where its data ends. */
  #scan(bytes: Uint8Array, at: number, body: Uint8Array, frame: Frame, scanned: Set<number>): number {
    const count = body[0] ?? 0
    if (body.length < 1 + 2 * count || count === 0) throw bad('a scan header that is too short')
    const parts = Array.from({ length: count }, (_, i) => {
      const component = frame.components.find(({ id }) => id === body[1 + 2 * i])
      const tables = body[2 + 2 * i]!
      const dc = this.#dc[tables >> 4]
      const ac = this.#ac[tables & 15]
      const quant = component && this.#quant[component.table]
      if (component === undefined || dc === undefined || ac === undefined || quant === undefined)
        throw bad('a scan of a component or with a table that is not there')
      scanned.add(component.id)
      return { component, dc, ac, quant, last: 0 }
    })
    const bits = new BitReader(bytes, at)
    const only = parts.length === 1 ? parts[0]!.component : undefined
    // Alone, a component has no blocks behind the image (T.81, A.2.2).
    const across = only?.blocksAcross ?? Math.ceil(frame.width / (8 * frame.hMax))
    const down = only?.blocksDown ?? Math.ceil(frame.height / (8 * frame.vMax))
    const units = across * down
    for (let unit = 0; unit < units; unit++) {
      if (this.#interval > 0 && unit > 0 && unit % this.#interval === 0) {
        bits.restart()
        for (const part of parts) part.last = 0
      }
      const unitCol = unit % across
      const unitRow = (unit - unitCol) / across
      for (const part of parts) {
        const { component, dc, ac, quant } = part
        const { plane } = component
        const [h, v] = only === undefined ? [component.h, component.v] : [1, 1]
        for (let i = 0; i < v; i++) {
          for (let j = 0; j < h; j++) {
            part.last = this.#coefficients(bits, dc, ac, quant, part.last)
            const to = (unitRow * v + i) * 8 * plane.stride + (unitCol * h + j) * 8
            inverseDct(this.#block, plane.samples, to, plane.stride)
          }
        }
      }
    }
    return bits.at
  }

  /** One block, dequantized; returns its DC before that, which the next one's is told by. */
  #coefficients(
    bits: BitReader,
    dc: HuffmanTable,
    ac: HuffmanTable,
    quant: Uint16Array,
    last: number,
  ): number {
    const block = this.#block
    block.fill(0)
    const size = bits.symbol(dc)
    if (size > 16) throw bad('a DC difference of more than 16 bits')
    const value = last + bits.extend(size)
    block[0] = value * quant[0]!
    for (let k = 1; k < 64; k++) {
      const symbol = bits.symbol(ac)
      const length = symbol & 15
      if (length === 0) {
        if (symbol !== 0xf0) break
        k += 15
        continue
      }
      k += symbol >> 4
      if (k > 63) throw bad('a block of more than 64 coefficients')
      const place = ZIGZAG[k]!
      block[place] = bits.extend(length) * quant[place]!
    }
    return value
  }

  #pixels({ width, components, hMax, vMax }: Frame, { rows, samples }: TileShape): Uint8Array {
    const out = new Uint8ClampedArray(width * rows * samples)
    const lines = components.map(({ plane }) => new Uint8Array(Math.max(width, 2 * plane.stride) + 2))
    const rgb = this.ycbcr && samples === 3
    for (let row = 0; row < rows; row++) {
      components.forEach(({ plane, h, v }, i) => {
        upsampledRow(plane, row, hMax / h, vMax / v, width, lines[i]!)
      })
      const at = row * width * samples
      if (rgb) rgbRow(lines[0]!, lines[1]!, lines[2]!, width, out, at)
      else
        lines.forEach((line, band) => {
          for (let i = 0, to = at + band; i < width; i++, to += samples) out[to] = line[i]!
        })
    }
    return new Uint8Array(out.buffer)
  }
}

/** The frame header (T.81, B.2.2), held against the tile before anything is allocated by it. */
function readFrame(body: Uint8Array, shape: TileShape): Frame {
  const count = body[5] ?? 0
  if (body.length < 6 + 3 * count) throw bad('a frame header that is too short')
  if (body[0] !== 8) throw unread(`of ${body[0]} bits`)
  const height = (body[1]! << 8) | body[2]!
  const width = (body[3]! << 8) | body[4]!
  if (count !== shape.samples) throw bad(`${count} components, expected ${shape.samples}`)
  // Some writers fill the last strip up.
  if (width !== shape.width || height < shape.rows || height > shape.rows + 4096)
    throw bad(`an image of ${width} × ${height} pixels, expected ${shape.width} × ${shape.rows}`)
  const heads = Array.from({ length: count }, (_, i) => {
    const [id, factors, table] = body.subarray(6 + 3 * i, 9 + 3 * i) as unknown as [number, number, number]
    return { id, h: factors >> 4, v: factors & 15, table }
  })
  if (heads.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw bad('sampling factors outside 1 to 4')
  const hMax = Math.max(...heads.map(({ h }) => h))
  const vMax = Math.max(...heads.map(({ v }) => v))
  if (new Set(heads.map(({ id }) => id)).size !== count) throw bad('two components with one name')
  const unitsAcross = Math.ceil(width / (8 * hMax))
  const unitsDown = Math.ceil(height / (8 * vMax))
  const components = heads.map(({ id, h, v, table }): Component => {
    if (hMax % h !== 0 || vMax % v !== 0)
      throw unread(`with sampling factors ${h} of ${hMax}, ${v} of ${vMax}`)
    const planeWidth = Math.ceil((width * h) / hMax)
    const planeHeight = Math.ceil((height * v) / vMax)
    const stride = unitsAcross * h * 8
    const samples = new Uint8ClampedArray(stride * unitsDown * v * 8)
    return {
      id,
      h,
      v,
      table,
      plane: { width: planeWidth, height: planeHeight, stride, samples },
      blocksAcross: Math.ceil(planeWidth / 8),
      blocksDown: Math.ceil(planeHeight / 8),
    }
  })
  return { width, height, hMax, vMax, components }
}
