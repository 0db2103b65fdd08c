/** The codecs of pages (https://github.com/apache/parquet-format/blob/master/Compression.md), for all that read Parquet. */

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { VarveError } from '../../../errors.ts'
import { badParquet, unsupportedParquet } from '../error.ts'
import { decodeLz4, decodeLz4Raw } from './lz4.ts'
import type { Unpack } from './types.ts'

/**
 * Bytes of a page in, exactly `size` bytes out, or an error. They stay only when that is asked for: else they may be
 * gone when the next page is unpacked in this thread.
 */
export type Decompress = (bytes: Uint8Array, size: number, stay?: boolean) => Uint8Array

/** In the order of enum CompressionCodec. */
const NAMES = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const

export type CodecName = (typeof NAMES)[number]

/**
 * The most that a byte can become: what a header promises beyond it is not believed, and not allocated. A block of zstd
 * may repeat one byte 128 KiB long, from four bytes; zlib's own output grows only as far as there is any.
 */
const RATIO: Partial<Record<CodecName, number>> = { SNAPPY: 64, LZ4: 256, LZ4_RAW: 256, ZSTD: 1 << 15 }

/** Below it nothing is worth a check. */
const SMALL = 1 << 20

/** Loaded when a file needs them: most files have one codec. */
const LOADERS: Record<Exclude<CodecName, 'LZO'>, () => Promise<Unpack>> = {
  UNCOMPRESSED: async () => (bytes) => bytes,
  GZIP: async () => (bytes, size) => gunzipSync(bytes, outputOf(size)),
  BROTLI: async () => (bytes, size) => brotliDecompressSync(bytes, outputOf(size)),
  SNAPPY: async () => (await import('./snappy.ts')).unpackSnappy,
  LZ4: async () => decodeLz4,
  LZ4_RAW: async () => decodeLz4Raw,
  ZSTD: async () => {
    const { ZSTDDecoder } = await import('zstddec')
    const decoder = new ZSTDDecoder()
    await decoder.init()
    return (bytes, size) => decoder.decode(bytes, size)
  },
}

/** One chunk for the whole page, so that nothing is joined; never more than was promised. */
function outputOf(size: number): { maxOutputLength: number; chunkSize: number } {
  return { maxOutputLength: Math.max(1, size), chunkSize: Math.min(Math.max(64, size), SMALL) }
}

const loaded = new Map<string, Promise<Decompress>>()

/** The codec with this number in the file; `unsupported` for one that nobody writes any more. */
export async function codecNumbered(codec: number): Promise<Decompress> {
  const name = NAMES[codec]
  if (name === undefined) throw badParquet(`a column has codec ${codec}, expected 0 to ${NAMES.length - 1}`)
  return codecNamed(name)
}

async function codecNamed(name: CodecName): Promise<Decompress> {
  if (name === 'LZO') throw unsupportedParquet('pages are compressed with LZO, which is not read')
  const known = loaded.get(name) ?? LOADERS[name]().then((unpack) => checked(name, unpack))
  loaded.set(name, known)
  return known
}

function checked(name: CodecName, unpack: Unpack): Decompress {
  const ratio = RATIO[name] ?? Number.POSITIVE_INFINITY
  return (bytes, size, stay = false) => {
    if (size === 0) return new Uint8Array(0)
    if (size > SMALL && size > bytes.length * ratio)
      throw badParquet(`a page of ${bytes.length} bytes promises ${size}, more than ${name} can hold`)
    const out = unpacked(name, unpack, bytes, size)
    if (out.length === size) return stay && name === 'SNAPPY' ? out.slice() : out
    throw badParquet(`a page has ${out.length} bytes unpacked by ${name}, expected ${size}`)
  }
}

function unpacked(name: CodecName, unpack: Unpack, bytes: Uint8Array, size: number): Uint8Array {
  try {
    return unpack(bytes, size)
  } catch (error) {
    const message = `parquet: a page cannot be unpacked by ${name}: ${(error as Error).message}`
    throw new VarveError('invalid-data', message, {}, error)
  }
}

/** The codecs by name, as hyparquet wants them. */
export async function codecTable(): Promise<Record<string, Unpack>> {
  const names = NAMES.filter((name) => name !== 'LZO' && name !== 'UNCOMPRESSED')
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const decompress = await codecNamed(name)
        return [name, (bytes: Uint8Array, size: number) => decompress(bytes, size, true)] as const
      }),
    ),
  )
}
