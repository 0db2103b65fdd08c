/** Bytes that are no raster, or not all of one: an error with a place, never a hang, a crash or a gigabyte. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError } from '../../../src/errors.ts'
import { codecOf } from '../../../src/formats/geotiff/codecs/index.ts'
import { decodeLzw } from '../../../src/formats/geotiff/codecs/lzw.ts'
import { decodePackBits } from '../../../src/formats/geotiff/codecs/packbits.ts'
import { nodataValue } from '../../../src/formats/geotiff/nodata.ts'
import type { Raster } from '../../../src/formats/geotiff/types.ts'
import { hasRasterio, makeRasters, openBytes, openSource, read, runFor, temporary } from './support.ts'
import { sampleAt, writeTiff } from './tiff.ts'

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes)

/** Opens and reads all of it; what goes wrong. */
async function failure(bytes: Uint8Array, options = {}): Promise<unknown> {
  try {
    const file = await openBytes(bytes, options)
    const names = file.layout.columns.map(({ name }) => name)
    for await (const batch of read(file, runFor(file), names)) expect(batch.rows).toBeGreaterThan(0)
    return undefined
  } catch (error) {
    return error
  }
}

const expectFailure = async (
  bytes: Uint8Array,
  code: string,
  message: RegExp,
  options = {},
): Promise<void> => {
  expect(await failure(bytes, options)).toMatchObject({ code, message: expect.stringMatching(message) })
}

/** The file with a tag's value, count or type replaced. */
function withTag(
  bytes: Buffer,
  tag: number,
  change: { value?: number; count?: number; type?: number },
): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.readUInt32LE(4)
  for (let i = 0; i < copy.readUInt16LE(at); i++) {
    const entry = at + 2 + i * 12
    if (copy.readUInt16LE(entry) !== tag) continue
    if (change.type !== undefined) copy.writeUInt16LE(change.type, entry + 2)
    if (change.count !== undefined) copy.writeUInt32LE(change.count, entry + 4)
    if (change.value !== undefined) copy.writeUInt32LE(change.value, entry + 8)
  }
  return copy
}

const raster = writeTiff({ width: 40, height: 40, bands: 2, transform: [0, 1, 0, 0, 0, -1] })

describe('headers', () => {
  test.each([
    ['empty', Buffer.alloc(0), /the file is empty, expected the header of a TIFF/],
    ['text', Buffer.from('band 1, band 2\n1, 2\n'), /starts with the bytes 62616e6420312c20/],
    ['another byte order', Buffer.from('IM*\0\x08\0\0\0\0\0'), /expected the header of a TIFF/],
    ['no directory', Buffer.from('II*\0\0\0\0\0'), /has no directory/],
    ['a directory behind the end', Buffer.from('II*\0\xff\0\0\0', 'latin1'), /stands at bytes 255 to 257/],
  ])('%s', (_, bytes, message) => expectFailure(bytes, 'invalid-data', message))

  test('a BigTIFF with more entries than there are tags', async () => {
    const big = Buffer.from(writeTiff({ width: 4, height: 4, big: true }))
    big.writeBigUInt64LE(2n ** 60n, Number(big.readBigUInt64LE(8)))
    await expectFailure(big, 'invalid-data', /counts 1152921504606847000 entries/)
  })

  test('a chain of directories that comes back', async () => {
    const copy = Buffer.from(raster)
    const at = copy.readUInt32LE(4)
    copy.writeUInt32LE(at, at + 2 + copy.readUInt16LE(at) * 12)
    await expectFailure(copy, 'invalid-data', /come back to one that was there/)
  })

  test.each([
    [256, { value: 0 }, 'invalid-data', /image width is 0/],
    [257, { value: 0xffff_ffff }, 'invalid-data', /image length is 4294967295/],
    [256, { value: 100_000 }, 'invalid-data', /tag 324 has 9 values, expected 18750/],
    [277, { value: 0 }, 'invalid-data', /0 samples per pixel/],
    [322, { value: 0 }, 'invalid-data', /tile width is 0/],
    [322, { value: 0x7fff_ffff }, 'unsupported', /bytes, expected at most 536870912/],
    [259, { value: 34712 }, 'unsupported', /compression 34712 \(JPEG 2000\) is not read/],
    [259, { value: 999 }, 'unsupported', /compression 999 \(unknown\) is not read/],
    [324, { count: 3 }, 'invalid-data', /tag 324 has 3 values, expected 9/],
    [324, { count: 0x7fff_ffff }, 'none', /./],
    [324, { value: 0x7000_0000 }, 'invalid-data', /stands at bytes 1879048192 to/],
    [325, { value: 0x7000_0000 }, 'invalid-data', /stands at bytes/],
  ] as const)('tag %i with %j: %s', async (tag, change, code, message) => {
    const bytes = withTag(raster, tag, change)
    if (code === 'none') expect(await failure(bytes)).toBeUndefined()
    else await expectFailure(bytes, code, message)
  })

  test('samples of kinds that are not read', async () => {
    const complex = withTag(raster, 258, { count: 1, value: 7 })
    await expectFailure(withTag(complex, 262, { value: 6 }), 'unsupported', /YCbCr with compression none/)
    await expectFailure(
      withTag(raster, 258, { count: 2, value: (16 << 16) | 8 }),
      'unsupported',
      /different types/,
    )
  })

  test.each([
    [{ level: 1 }, /there is no level 1, expected 0 to 0/],
    [{ level: -1 }, /level is -1, expected a whole number from 0/],
    [{ level: 0.5 }, /level is 0.5/],
    [{ pixels: 'yes' }, /pixels is "yes", expected true or false/],
    [{ window: [1, 2, 3] }, /window is \[1,2,3\], expected \[col, row, width, height\]/],
    [{ window: [0, 0, -1, 5] }, /with a width and height from 0/],
    [{ bands: [1] }, /unknown option "bands", expected one of level, pixels, window/],
  ])('options %j', (options, message) => expectFailure(raster, 'invalid-input', message, options))
})

test('truncated anywhere: an error', async () => {
  const whole = Buffer.from(raster)
  for (let i = 0; i < 10; i++) {
    const length = Math.floor((whole.length * i) / 10)
    const error = await failure(whole.subarray(0, length))
    expect(isVarveError(error, 'invalid-data'), `${length} bytes: ${String(error)}`).toBe(true)
  }
})

test('a tile beyond 5 GiB', async () => {
  const far = 5 * 2 ** 30
  const small = writeTiff({ width: 16, height: 16, big: true })
  const directory = Number(small.readBigUInt64LE(8))
  // The tile's offset stands in its entry: tag 324, 64 bits.
  const copy = Buffer.from(small)
  for (let i = 0; i < Number(copy.readBigUInt64LE(directory)); i++) {
    const entry = directory + 8 + i * 20
    if (copy.readUInt16LE(entry) === 324) copy.writeBigUInt64LE(BigInt(far), entry + 12)
  }
  const source: ByteSource = {
    uri: 'memory://far.tif',
    size: far + 256,
    identity: 'far',
    read: async (start, end) => {
      const bytes = new Uint8Array(end - start)
      for (let at = start; at < end; at++) {
        const tile = at - far
        bytes[at - start] = tile >= 0 ? sampleAt(tile % 16, Math.floor(tile / 16), 0) : (copy[at] ?? 0)
      }
      return bytes
    },
  }
  const file = await openSource(source)
  for await (const { columns } of read(file, runFor(file), ['band_1'])) {
    const values = columns.band_1!.children![0]!.values!
    expect([...(values as Uint8Array)]).toEqual(
      Array.from({ length: 256 }, (_, i) => sampleAt(i % 16, i >> 4, 0)),
    )
  }
})

describe('codecs', () => {
  const like = (compression: Raster['compression']) => {
    const lerc = { within: 'none', alpha: false }
    return { compression, ycbcr: false, bands: 1, kind: 'uint8', lerc } as Raster
  }
  const shape = { width: 64, rows: 64, samples: 1, bytes: 4096, allocate }

  test('any bytes: what was asked for, or an error', async () => {
    const codecs = await Promise.all(
      (['lzw', 'packbits', 'deflate', 'zstd', 'jpeg', 'webp', 'lerc'] as const).map((name) =>
        codecOf(like(name)),
      ),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(codecs.length - 1), (bytes, i) => {
        try {
          expect(codecs[i]!(bytes, shape).length).toBe(shape.bytes)
        } catch (error) {
          if (!(error instanceof Error) || error.name === 'AssertionError') throw error
        }
      }),
      { numRuns: 600 },
    )
  })

  test('a few bytes that promise half a gigabyte get no half gigabyte', async () => {
    const huge = { width: 1 << 15, rows: 1 << 14, samples: 1, bytes: 1 << 29, allocate }
    const bytes = deflateSync(Buffer.alloc(100))
    for (const name of ['none', 'lzw', 'packbits', 'deflate', 'zstd', 'jpeg', 'webp', 'lerc'] as const) {
      const codec = await codecOf(like(name))
      const before = process.memoryUsage().arrayBuffers
      expect(() => codec(bytes, huge)).toThrow()
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20)
    }
  })

  test('a tile of one byte that could begin zlib data is damaged, and does not end the process', async () => {
    const shape = {
      width: 1,
      rows: 1,
      samples: 1,
      bytes: 1,
      allocate: (size: number) => new ArrayBuffer(size),
    }
    const codec = await codecOf(like('deflate'))
    expect(() => codec(Uint8Array.of(0xf8), shape)).toThrow('a tile starts with the bytes f8, expected')
    expect(() => codec(new Uint8Array(0), shape)).toThrow('a tile starts with the bytes , expected')
  })

  test('LZW and PackBits stop at the end of what is wanted, and of what there is', () => {
    const out = new Uint8Array(10)
    expect(decodePackBits(Uint8Array.of(0xfe, 7, 1, 8, 9, 0x80, 0xf0, 5), out)).toBe(10)
    expect([...out]).toEqual([7, 7, 7, 8, 9, 5, 5, 5, 5, 5])
    expect(decodePackBits(Uint8Array.of(3, 1), out)).toBe(1)
    // CLEAR, 7, 258 (the code in the making), END.
    const codes = [256, 7, 258, 257].map((code) => code.toString(2).padStart(9, '0')).join('')
    const bytes = Uint8Array.from(codes.padEnd(40, '0').match(/.{8}/g)!, (bits) => Number.parseInt(bits, 2))
    expect(decodeLzw(bytes, out)).toBe(3)
    expect([...out.subarray(0, 3)]).toEqual([7, 7, 7])
    expect(() => decodeLzw(Uint8Array.of(0, 1, 2), out)).toThrow(/old-style LZW/)
  })
})

test('"no data" that samples cannot be is none', () => {
  expect(nodataValue('-9999', 'uint8')).toBeUndefined()
  expect(nodataValue('1.5', 'int16')).toBeUndefined()
  expect(nodataValue('nan', 'int16')).toBeUndefined()
  expect(nodataValue('', 'float64')).toBeUndefined()
  expect(nodataValue('nan', 'float32')).toBeNaN()
  expect(nodataValue('0.1', 'float32')).toBe(Math.fround(0.1))
  expect(nodataValue('18446744073709551615', 'uint64')).toBe(2n ** 64n - 1n)
})

describe.skipIf(!hasRasterio())('flipped bytes of what GDAL writes', () => {
  const made = temporary()
  afterAll(() => made.remove())
  beforeAll(() => makeRasters(made.path), 60_000)

  test('rows or an error of ours, in bounded memory', async () => {
    const names = readdirSync(made.path).filter((_, i) => i % 3 === 0)
    const files = names.map((name) => readFileSync(join(made.path, name)))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (pick, flips, head) => {
          const bytes = Buffer.from(files[pick]!)
          // Half of them among the directory's entries, where they do most harm.
          const from = head ? bytes.readUIntLE(0, 1) && 8 : 0
          for (const [at, value] of flips)
            bytes[from + (at % Math.min(bytes.length - from, head ? 300 : 1e9))] = value
          const error = await failure(bytes)
          if (error !== undefined && !isVarveError(error, 'invalid-data', 'unsupported', 'invalid-input'))
            throw error
        },
      ),
      { numRuns: 300 },
    )
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(2 ** 31)
  }, 60_000)
})
