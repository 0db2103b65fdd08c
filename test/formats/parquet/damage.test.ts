/** Bytes that are no Parquet, or not all of it: an error with a place, never a hang, a crash or a gigabyte. */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, it, test } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError } from '../../../src/errors.ts'
import { codecTable } from '../../../src/formats/parquet/codecs/index.ts'
import { bindBytes } from '../../scan/support/harness.ts'
import { hasArrow, makeFiles, openSource, readAll, realFiles } from './support.ts'

const made = makeFiles()
afterAll(() => made.remove())

/** Opens and reads all of it; what goes wrong. */
async function failure(bytes: Uint8Array, options = {}): Promise<unknown> {
  try {
    await readAll(await bindBytes(bytes, 'parquet', options))
    return undefined
  } catch (error) {
    return error
  }
}

const expectFailure = async (bytes: Uint8Array, code: string, message: RegExp, options = {}) =>
  expect(await failure(bytes, options)).toMatchObject({ code, message: expect.stringMatching(message) })

describe('ends', () => {
  test.each([
    ['empty', Buffer.alloc(0), 'invalid-data', /the file is empty, expected PAR1/],
    ['a few bytes', Buffer.from('PAR1PAR1'), 'invalid-data', /the file has 8 bytes/],
    ['another beginning', Buffer.from('PAR2....PAR1'), 'invalid-data', /starts with the bytes 50415232/],
    [
      'another end',
      Buffer.from('PAR1\0\0\0\0\0\0\0\0PAR2'),
      'invalid-data',
      /ends with the bytes 50415232, .* @ byte 12/,
    ],
    ['encrypted', Buffer.from('PARE\0\0\0\0\0\0\0\0PARE'), 'unsupported', /the footer is encrypted/],
    [
      'a long footer',
      Buffer.from('PAR1\0\0\0\0\xff\xff\xff\x7fPAR1', 'latin1'),
      'invalid-data',
      /has 2147483647 bytes, expected at most the 4/,
    ],
    ['no footer', Buffer.from('PAR1\0\0\0\0PAR1'), 'invalid-data', /goes on behind its bytes/],
    ['an empty footer', Buffer.from('PAR1\0\x01\0\0\0PAR1'), 'invalid-data', /the schema is empty/],
    [
      'a list of a billion',
      Buffer.from('PAR1\x29\xfc\xff\xff\xff\xff\x07\x07\0\0\0PAR1', 'latin1'),
      'invalid-data',
      /goes on behind its bytes/,
    ],
    [
      'encrypted columns',
      Buffer.from('PAR1\x8c\0\0\x03\0\0\0PAR1', 'latin1'),
      'unsupported',
      /columns are encrypted/,
    ],
  ])('%s', (_, bytes, code, message) => expectFailure(bytes, code, message))

  test.each([
    [
      { compression: 'snappy' },
      /unknown option "compression", expected one of binary_as_string, file_row_number/,
    ],
    [{ binary_as_string: 1 }, /binary_as_string is 1, expected true or false/],
  ])('options %j', (options, message) => expectFailure(Buffer.alloc(0), 'invalid-input', message, options))
})

describe.skipIf(realFiles.length === 0)('real files', () => {
  const files = realFiles.filter(([name]) => !name.includes('large_string_map'))

  it.each(files)('%s, cut off', async (_, path) => {
    const whole = readFileSync(path)
    for (let i = 0; i < 10; i++) {
      const error = await failure(whole.subarray(0, Math.floor((whole.length * i) / 10)))
      expect(isVarveError(error, 'invalid-data'), String(error)).toBe(true)
    }
  })

  it('flipped bytes: rows, or an error of ours, in bounded memory', async () => {
    const bodies = files.map(([, path]) => readFileSync(path))
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.nat(bodies.length - 1), flips, fc.boolean(), async (pick, places, footer) => {
        const bytes = Buffer.from(bodies[pick]!)
        // Half of them in the footer, where they do most harm.
        const from = footer ? bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8) : 0
        for (const [at, value] of places) bytes[from + (at % (bytes.length - from))] = value
        const error = await failure(bytes)
        if (error !== undefined && !isVarveError(error, 'invalid-data', 'unsupported')) throw error
      }),
      { numRuns: 600 },
    )
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(2 ** 30)
  }, 120_000)
})

describe.skipIf(!hasArrow)('made files', () => {
  it('flipped bytes of all encodings: rows, or an error of ours', async () => {
    const names = made.names.filter((name) =>
      /delta|split|rle|nested-(zstd|lz4|snappy|gzip|brotli)/.test(name),
    )
    const bodies = names.map((name) => made.bytes(name))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bodies.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (pick, places) => {
          const bytes = Buffer.from(bodies[pick]!)
          for (const [at, value] of places) bytes[at % bytes.length] = value
          const error = await failure(bytes)
          if (error !== undefined && !isVarveError(error, 'invalid-data', 'unsupported')) throw error
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)

  it('a checksum that is wrong is told', async () => {
    const bytes = made.bytes('flat-plain.parquet')
    bytes[600]! ^= 1
    await expectFailure(
      bytes,
      'invalid-data',
      /a page has the checksum \d+, expected \d+ \(memory:.* @ byte 4\)/,
    )
  })

  it('row groups beyond 5 GiB', async () => {
    const small = made.bytes('usual.parquet')
    const far = 5 * 2 ** 30
    const { at, footer } = moved(small, far)
    const source: ByteSource = {
      uri: 'memory://far.parquet',
      size: far + small.length + footer.length,
      identity: 'far',
      read: async (start, end) => {
        const bytes = new Uint8Array(end - start)
        put(bytes, start, small.subarray(0, 4), 0)
        put(bytes, start, small.subarray(4, at), far + 4)
        put(bytes, start, footer, far + small.length)
        return bytes
      },
    }
    const rows = await readAll(await openSource(source))
    expect(rows.length).toBe(3000)
    expect(rows).toEqual(await readAll(await bindBytes(small, 'parquet')))
  })
})

function put(out: Uint8Array, start: number, bytes: Uint8Array, at: number): void {
  for (let i = Math.max(0, start - at); i < bytes.length && at + i - start < out.length; i++)
    out[at + i - start] = bytes[i]!
}

/** The footer with every place in it further on; written anew, as numbers grow. */
function moved(bytes: Buffer, by: number): { at: number; footer: Uint8Array } {
  const at = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)
  const footer = shiftPlaces(bytes.subarray(at, bytes.length - 8), by)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  return { at, footer: Buffer.concat([footer, length, Buffer.from('PAR1')]) }
}

/** Copies a compact struct; fields 9 and 11 of a column's metadata (field 3 of a chunk, 1 of a row group, 4 of the file) grow. */
function shiftPlaces(bytes: Uint8Array, by: number): Buffer {
  const out: number[] = []
  let i = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[i++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const write = (value: number): void => {
    let left = value
    for (; left >= 128; left = Math.floor(left / 128)) out.push((left % 128) | 128)
    out.push(left)
  }
  const value = (type: number, path: string): void => {
    if (type === 12) struct(path)
    else if (type === 8) {
      const length = varint()
      write(length)
      for (let k = 0; k < length; k++) out.push(bytes[i++]!)
    } else if (type === 9) {
      const header = bytes[i++]!
      out.push(header)
      let count = header >> 4
      if (count === 15) write((count = varint()))
      for (let k = 0; k < count; k++) value(header & 15, path)
    } else if (type === 3) out.push(bytes[i++]!)
    else if (type > 3 && type < 7) write(varint() + (/^\.4\.1\.3\.(9|11)$/.test(path) ? 2 * by : 0))
  }
  const struct = (path: string): void => {
    let field = 0
    for (;;) {
      const header = bytes[i++]!
      out.push(header)
      if (header === 0) return
      field += header >> 4
      value(header & 15, `${path}.${field}`)
    }
  }
  struct('')
  return Buffer.from(out)
}

describe('codecs', () => {
  test('any bytes: what was asked for, or an error', async () => {
    const codecs = Object.entries(await codecTable())
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.nat(codecs.length - 1),
        fc.nat(5000),
        (bytes, i, size) => {
          try {
            expect(codecs[i]![1](bytes, size).length).toBe(size)
          } catch (error) {
            if (!isVarveError(error, 'invalid-data')) throw error
          }
        },
      ),
      { numRuns: 600 },
    )
  })

  test('a few bytes that promise a gigabyte get none', async () => {
    for (const [name, decompress] of Object.entries(await codecTable())) {
      const before = process.memoryUsage()
      expect(() => decompress(Buffer.from([0x80, 0x80, 0x80, 0x80, 4, 1, 2, 3]), 2 ** 30), name).toThrow(
        /parquet: /,
      )
      const after = process.memoryUsage()
      expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 << 20)
    }
  })
})
