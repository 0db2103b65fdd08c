/** The pages of a column chunk (https://github.com/apache/parquet-format#data-pages). */

import { crc32 } from 'node:zlib'
import type { Decompress } from './codecs/index.ts'
import type { Unpack } from './codecs/types.ts'
import { CompactReader, countAt, numberAt, type Struct, structAt } from './compact.ts'
import { badParquet, unsupportedParquet } from './error.ts'
import { isCompressed } from './footer.ts'
import type { Leaf } from './types.ts'
import { DeltaBytes, DeltaFixed, DeltaLengthBytes } from './values/delta.ts'
import { Dense, FRESH } from './values/dense.ts'
import { DictionaryValues } from './values/dictionary.ts'
import { BitPackedDecoder, HybridDecoder, type NumberStream } from './values/hybrid.ts'
import { PlainBytes, PlainFixed, PlainFlags, RunFlags, SplitFixed } from './values/plain.ts'
import type { ValueBytes, ValueDecoder } from './values/types.ts'

/** Values of enum PageType. */
const DATA = 0
const DICTIONARY = 2
const DATA_V2 = 3

/** Values of enum Encoding. */
const PLAIN = 0
const PLAIN_DICTIONARY = 2
const RLE = 3
const BIT_PACKED = 4
const DELTA_BINARY_PACKED = 5
const DELTA_LENGTH_BYTE_ARRAY = 6
const DELTA_BYTE_ARRAY = 7
const RLE_DICTIONARY = 8
const BYTE_STREAM_SPLIT = 9

/** A page whose levels and values have not been read. */
export interface Page {
  /** Levels, and so many values or nulls. */
  readonly values: number
  readonly repetition: NumberStream | undefined
  readonly definition: NumberStream | undefined
  readonly decoder: ValueDecoder
}

/** A page as it stands in the chunk: still packed. */
export interface RawPage {
  readonly type: number
  readonly header: Struct
  /** Of a data page: levels. */
  readonly values: number
  readonly body: Uint8Array
  readonly unpacked: number
  /** Where the next page begins. */
  readonly next: number
}

/** The page at `at` of the chunk; undefined at the chunk's end. */
export function rawPage(chunk: Uint8Array, at: number): RawPage | undefined {
  if (at >= chunk.length) return undefined
  const reader = new CompactReader(chunk, at)
  const head = reader.struct()
  const unpacked = countAt(head, 2, 'the unpacked size of a page')
  const size = countAt(head, 3, 'the size of a page')
  if (size > chunk.length - reader.at)
    throw badParquet(
      `a page has ${size} bytes, expected at most the ${chunk.length - reader.at} that its column chunk has left`,
    )
  const body = chunk.subarray(reader.at, reader.at + size)
  const sum = numberAt(head, 4)
  if (sum !== undefined && crc32(body) !== sum >>> 0)
    throw badParquet(`a page has the checksum ${crc32(body)}, expected ${sum >>> 0}`)
  const type = numberAt(head, 1) ?? -1
  const header = structAt(head, type === DATA_V2 ? 8 : type === DICTIONARY ? 7 : 5)
  const isRead = type === DATA || type === DATA_V2 || type === DICTIONARY
  if (isRead && header === undefined) throw badParquet('a page has no header of its type, expected one')
  const values = header === undefined ? 0 : countAt(header, 1, 'the number of values of a page')
  return { type, header: header ?? {}, values, body, unpacked, next: reader.at + size }
}

export const isDictionary = ({ type }: RawPage): boolean => type === DICTIONARY
export const isData = ({ type }: RawPage): boolean => type === DATA || type === DATA_V2

/** The dictionary's values. */
export function readDictionary(
  { header, values, body, unpacked }: RawPage,
  leaf: Leaf,
  decompress: Decompress,
): Dense {
  const encoding = numberAt(header, 2)
  if (encoding !== PLAIN && encoding !== PLAIN_DICTIONARY)
    throw badParquet(`a dictionary has encoding ${encoding}, expected ${PLAIN} or ${PLAIN_DICTIONARY}`)
  const bytes = decompress(body, unpacked)
  const least = leaf.physical === 'boolean' ? 1 / 8 : leaf.width || 4
  if (values * least > bytes.length)
    throw badParquet(`a dictionary of ${bytes.length} bytes has ${values} values, more than they can be`)
  const dense = new Dense(leaf.width, values, FRESH)
  decoderOf(PLAIN, leaf, { bytes, at: 0, end: bytes.length, values }, undefined).read(values, dense)
  return dense
}

/** Unpacks a data page. Unless it is to `stay`, it is read to its end before another page is unpacked. */
export function openPage(
  raw: RawPage,
  leaf: Leaf,
  decompress: Decompress,
  dictionary: Dense | undefined,
  stay: boolean,
): Page {
  const unpack: Unpack = (bytes, size) => decompress(bytes, size, stay)
  return raw.type === DATA_V2
    ? openSecond(raw, leaf, unpack, dictionary)
    : openFirst(raw, leaf, unpack, dictionary)
}

const widthOf = (max: number): number => 32 - Math.clz32(max)

/** Everything is packed together, and levels say how long they are. */
function openFirst(
  { header, values, body, unpacked }: RawPage,
  leaf: Leaf,
  unpack: Unpack,
  dictionary: Dense | undefined,
): Page {
  const bytes = unpack(body, unpacked)
  let at = 0
  const levels = (max: number, encoding: number | undefined): NumberStream | undefined => {
    if (max === 0) return undefined
    const width = widthOf(max)
    if (encoding === BIT_PACKED) {
      const from = at
      at += Math.ceil((values * width) / 8)
      if (at > bytes.length) throw badParquet('levels end behind their page, expected before')
      return new BitPackedDecoder(bytes, from, at, width)
    }
    if (encoding !== RLE)
      throw badParquet(`levels have encoding ${encoding}, expected ${RLE} or ${BIT_PACKED}`)
    const length =
      at + 4 > bytes.length ? -1 : Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).readUInt32LE(0)
    at += 4
    if (length < 0 || length > bytes.length - at)
      throw badParquet(
        `levels have ${length} bytes, expected at most the ${Math.max(0, bytes.length - at)} of their page`,
      )
    return new HybridDecoder(bytes, at, (at += length), width)
  }
  const repetition = levels(leaf.maxRepetition, numberAt(header, 4))
  const definition = levels(leaf.maxDefinition, numberAt(header, 3))
  const encoding = numberAt(header, 2)
  const decoder = decoderOf(encoding, leaf, { bytes, at, end: bytes.length, values }, dictionary)
  return { values, repetition, definition, decoder }
}

/** Levels stand unpacked before the values. */
function openSecond(
  { header, values, body, unpacked }: RawPage,
  leaf: Leaf,
  unpack: Unpack,
  dictionary: Dense | undefined,
): Page {
  const definitionBytes = countAt(header, 5, 'the length of definition levels')
  const repetitionBytes = countAt(header, 6, 'the length of repetition levels')
  const levels = definitionBytes + repetitionBytes
  if (levels > body.length || levels > unpacked)
    throw badParquet(`levels have ${levels} bytes, expected at most the ${body.length} of their page`)
  const stream = (max: number, from: number, length: number) =>
    max === 0 ? undefined : new HybridDecoder(body, from, from + length, widthOf(max))
  const repetition = stream(leaf.maxRepetition, 0, repetitionBytes)
  const definition = stream(leaf.maxDefinition, repetitionBytes, definitionBytes)
  const packed = body.subarray(levels)
  // Of nulls alone nothing is left, which is then not packed either.
  const bytes = isCompressed(header) && packed.length > 0 ? unpack(packed, unpacked - levels) : packed
  const decoder = decoderOf(
    numberAt(header, 4),
    leaf,
    { bytes, at: 0, end: bytes.length, values },
    dictionary,
  )
  return { values, repetition, definition, decoder }
}

function decoderOf(
  encoding: number | undefined,
  leaf: Leaf,
  page: ValueBytes,
  dictionary: Dense | undefined,
): ValueDecoder {
  const { physical, width, name } = leaf
  // A page of nulls alone may hold nothing that a decoder could begin with.
  if (page.at === page.end && encoding !== PLAIN) return new PlainFixed(page)
  switch (encoding) {
    case PLAIN:
      return physical === 'boolean'
        ? new PlainFlags(page)
        : width === 0
          ? new PlainBytes(page)
          : new PlainFixed(page)
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY:
      if (dictionary === undefined)
        throw badParquet(`column "${name}" has no dictionary, expected one before its pages`)
      return new DictionaryValues(page, dictionary)
    case RLE:
      if (physical === 'boolean') return new RunFlags(page)
      break
    case DELTA_BINARY_PACKED:
      if (physical === 'int32' || physical === 'int64') return new DeltaFixed(page)
      break
    case DELTA_LENGTH_BYTE_ARRAY:
      if (width === 0) return new DeltaLengthBytes(page)
      break
    case DELTA_BYTE_ARRAY:
      if (width === 0 || physical === 'fixed') return new DeltaBytes(page)
      break
    case BYTE_STREAM_SPLIT:
      if (width > 0 && physical !== 'boolean') return new SplitFixed(page, width)
      break
    default:
      throw unsupportedParquet(`column "${name}" has encoding ${encoding}, which is not read`)
  }
  throw badParquet(`column "${name}" of type ${physical} has encoding ${encoding}, which it cannot have`)
}
