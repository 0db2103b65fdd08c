/** The codecs of pages (https://github.com/apache/parquet-format/blob/master/Compression.md), for all that read Parquet. */

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { VarveError } from '../../../errors.ts'
import { badParquet, unsupportedParquet } from '../error.ts'
import { decodeLz4, decodeLz4Raw } from './lz4.ts'

/** Bytes of a page in, exactly `size` bytes out, or an error. */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array

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
const LOADERS: Record<Exclude<CodecName, 'LZO'>, () => Promise<Decompress>> = {
  UNCOMPRESSED: async () => (bytes) => bytes,
  GZIP: async () => (bytes, size) => gunzipSync(bytes, outputOf(size)),
  BROTLI: async () => (bytes, size) => brotliDecompressSync(bytes, outputOf(size)),
  SNAPPY: snappy,
  LZ4: async () => decodeLz4,
  LZ4_RAW: async () => decodeLz4Raw,
  ZSTD: async () => {
    const { ZSTDDecoder } = await import('zstddec')
    const decoder = new ZSTDDecoder()
    await decoder.init()
    return (bytes, size) => decoder.decode(bytes, size)
  },
}

/** Above it an instance is not kept: its memory never shrinks. */
const LARGE_PAGE = 32 << 20

/** Its `snappyUncompress` makes a WebAssembly instance for every page, which takes longer than the page. */
async function snappy(): Promise<Decompress> {
  const { snappyUncompressor } = await import('hysnappy')
  const kept = snappyUncompressor()
  return (bytes, size) => {
    // It fills what its own header says, whatever is wanted.
    const own = preamble(bytes)
    if (own !== size) throw new Error(`it says that it has ${own} bytes`)
    const uncompress = size + bytes.length > LARGE_PAGE ? snappyUncompressor() : kept
    return uncompress(bytes, size)
  }
}

/** The length that a snappy stream begins with. */
function preamble(bytes: Uint8Array): number {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i] ?? 0
    length += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) break
  }
  return length
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
  const known = loaded.get(name) ?? LOADERS[name]().then((decompress) => checked(name, decompress))
  loaded.set(name, known)
  return known
}

function checked(name: CodecName, decompress: Decompress): Decompress {
  const ratio = RATIO[name] ?? Number.POSITIVE_INFINITY
  return (bytes, size) => {
    if (size === 0) return new Uint8Array(0)
    if (size > SMALL && size > bytes.length * ratio)
      throw badParquet(`a page of ${bytes.length} bytes promises ${size}, more than ${name} can hold`)
    const out = unpacked(name, decompress, bytes, size)
    if (out.length === size) return out
    throw badParquet(`a page has ${out.length} bytes unpacked by ${name}, expected ${size}`)
  }
}

function unpacked(name: CodecName, decompress: Decompress, bytes: Uint8Array, size: number): Uint8Array {
  try {
    return decompress(bytes, size)
  } catch (error) {
    const message = `parquet: a page cannot be unpacked by ${name}: ${(error as Error).message}`
    throw new VarveError('invalid-data', message, {}, error)
  }
}

/** The codecs by name, as hyparquet wants them. */
export async function codecTable(): Promise<Record<string, Decompress>> {
  const names = NAMES.filter((name) => name !== 'LZO' && name !== 'UNCOMPRESSED')
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await codecNamed(name)] as const)),
  )
}
