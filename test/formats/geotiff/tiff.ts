/** Small uncompressed TIFFs, made here: what the properties vary, and what is damaged on purpose. */

import fc from 'fast-check'

export interface MadeTiff {
  readonly width: number
  readonly height: number
  readonly tileWidth?: number
  readonly tileHeight?: number
  /** Strips of `tileHeight` rows. */
  readonly strips?: boolean
  readonly bands?: number
  readonly separate?: boolean
  readonly big?: boolean
  readonly little?: boolean
  readonly nodata?: number
  /** Every so many tiles one is not in the file. */
  readonly holes?: number
  readonly transform?: readonly number[]
}

interface Tag {
  readonly tag: number
  readonly type: number
  readonly values: readonly number[]
}

const SHORT = 3
const LONG = 4
const DOUBLE = 12
const LONG8 = 16
const ASCII = 2
const SIZE: Readonly<Record<number, number>> = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8, [LONG8]: 8 }

/** The value of a sample: bytes that repeat late. */
export const sampleAt = (col: number, row: number, band: number): number =>
  (col * 7 + row * 13 + band * 101) % 251

export function writeTiff(made: MadeTiff): Buffer {
  const { width, height, strips = false, bands = 1, separate = false, big = false, little = true } = made
  const tileWidth = strips ? width : (made.tileWidth ?? 16)
  const tileHeight = made.tileHeight ?? 16
  const [across, down] = [Math.ceil(width / tileWidth), Math.ceil(height / tileHeight)]
  const planes = separate ? bands : 1
  const perPixel = separate ? 1 : bands
  const tiles: Buffer[] = []
  for (let plane = 0; plane < planes; plane++) {
    for (let tile = 0; tile < across * down; tile++) {
      const hole = made.holes !== undefined && tiles.length % made.holes === made.holes - 1
      const left = (tile % across) * tileWidth
      const top = Math.floor(tile / across) * tileHeight
      const rows = strips ? Math.min(tileHeight, height - top) : tileHeight
      const bytes = Buffer.alloc(hole ? 0 : tileWidth * rows * perPixel)
      for (let i = 0; i < bytes.length; i++) {
        const pixel = Math.floor(i / perPixel)
        const band = separate ? plane : i % perPixel
        bytes[i] = sampleAt(left + (pixel % tileWidth), top + Math.floor(pixel / tileWidth), band)
      }
      tiles.push(bytes)
    }
  }
  const header = big ? 16 : 8
  let at = header
  const offsets = tiles.map((tile) => {
    const offset = tile.length === 0 ? 0 : at
    at += tile.length
    return offset
  })
  const [offsetTag, countTag] = strips ? [273, 279] : [324, 325]
  const tags: Tag[] = [
    { tag: 256, type: LONG, values: [width] },
    { tag: 257, type: LONG, values: [height] },
    { tag: 258, type: SHORT, values: Array<number>(bands).fill(8) },
    { tag: 259, type: SHORT, values: [1] },
    { tag: 262, type: SHORT, values: [1] },
    { tag: 277, type: SHORT, values: [bands] },
    { tag: 284, type: SHORT, values: [separate ? 2 : 1] },
    ...(strips
      ? [{ tag: 278, type: LONG, values: [tileHeight] }]
      : [
          { tag: 322, type: LONG, values: [tileWidth] },
          { tag: 323, type: LONG, values: [tileHeight] },
        ]),
    { tag: offsetTag!, type: big ? LONG8 : LONG, values: offsets },
    { tag: countTag!, type: LONG, values: tiles.map((tile) => tile.length) },
  ]
  if (made.transform !== undefined) {
    const [x, xCol, xRow, y, yCol, yRow] = made.transform as [number, number, number, number, number, number]
    const matrix = [xCol, xRow, 0, x, yCol, yRow, 0, y, 0, 0, 0, 0, 0, 0, 0, 1]
    tags.push({ tag: 34264, type: DOUBLE, values: matrix })
  }
  if (made.nodata !== undefined)
    tags.push({ tag: 42113, type: ASCII, values: [...Buffer.from(`${made.nodata}\0`)] })
  return Buffer.concat([headerBytes(at, big, little), ...tiles, directoryBytes(tags, at, big, little)])
}

function headerBytes(directory: number, big: boolean, little: boolean): Buffer {
  const bytes = Buffer.alloc(big ? 16 : 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  bytes.write(little ? 'II' : 'MM')
  view.setUint16(2, big ? 43 : 42, little)
  if (big) {
    view.setUint16(4, 8, little)
    view.setBigUint64(8, BigInt(directory), little)
  } else view.setUint32(4, directory, little)
  return bytes
}

function directoryBytes(tags: readonly Tag[], at: number, big: boolean, little: boolean): Buffer {
  const sorted = [...tags].sort((a, b) => a.tag - b.tag)
  const [head, size, link, room] = big ? [8, 20, 8, 8] : [2, 12, 4, 4]
  const length = head! + sorted.length * size! + link!
  const outside: Buffer[] = []
  let next = at + length
  const bytes = Buffer.alloc(length)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (big) view.setBigUint64(0, BigInt(sorted.length), little)
  else view.setUint16(0, sorted.length, little)
  sorted.forEach(({ tag, type, values }, i) => {
    const place = head! + i * size!
    view.setUint16(place, tag, little)
    view.setUint16(place + 2, type, little)
    if (big) view.setBigUint64(place + 4, BigInt(values.length), little)
    else view.setUint32(place + 4, values.length, little)
    const data = valueBytes(type, values, little)
    const to = place + (big ? 12 : 8)
    if (data.length <= room!) bytes.set(data, to)
    else {
      if (big) view.setBigUint64(to, BigInt(next), little)
      else view.setUint32(to, next, little)
      outside.push(data)
      next += data.length
    }
  })
  return Buffer.concat([bytes, ...outside])
}

function valueBytes(type: number, values: readonly number[], little: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * SIZE[type]!)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  values.forEach((value, i) => {
    if (type === ASCII) view.setUint8(i, value)
    else if (type === SHORT) view.setUint16(i * 2, value, little)
    else if (type === LONG) view.setUint32(i * 4, value, little)
    else if (type === LONG8) view.setBigUint64(i * 8, BigInt(value), little)
    else view.setFloat64(i * 8, value, little)
  })
  return bytes
}

/** Rasters of some tiles, in every arrangement. */
export const anyTiff: fc.Arbitrary<MadeTiff> = fc.record({
  width: fc.integer({ min: 1, max: 30 }),
  height: fc.integer({ min: 1, max: 30 }),
  tileWidth: fc.constantFrom(4, 7, 16),
  tileHeight: fc.constantFrom(3, 8, 16),
  strips: fc.boolean(),
  bands: fc.integer({ min: 1, max: 3 }),
  separate: fc.boolean(),
  big: fc.boolean(),
  little: fc.boolean(),
  nodata: fc.constantFrom(undefined, 0, 7) as fc.Arbitrary<number>,
  holes: fc.constantFrom(undefined, 2, 5) as fc.Arbitrary<number>,
  transform: fc.constantFrom(undefined, [10, 2, 0, 50, 0, -3], [0, 1, 0.5, 0, -0.5, 1]) as fc.Arbitrary<
    number[]
  >,
})
