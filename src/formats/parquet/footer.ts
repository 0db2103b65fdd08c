/** The end of a file, where it says what it holds. */

import type { ByteSource } from '../../bytes/types.ts'
import {
  bytesAt,
  CompactReader,
  countAt,
  flagAt,
  numberAt,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from './compact.ts'
import { badParquet, unsupportedParquet } from './error.ts'
import { parseSchema } from './schema.ts'
import type { Chunk, Footer, Leaf, RowGroup, Statistics } from './types.ts'

/** The footer's length and the magic number. */
const END = 8
const TAIL = 64 * 1024

export const MAGIC = 'PAR1'
export const ENCRYPTED = 'PARE'

export interface FoundFooter {
  /** Source bytes [from, to), and what they are. */
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Reads the footer with one request, or two when it is longer than usual. */
export async function findFooter(source: ByteSource, signal: AbortSignal | undefined): Promise<FoundFooter> {
  const { uri, size } = source
  if (size === 0) throw badParquet('the file is empty, expected PAR1 at both ends', uri)
  if (size < MAGIC.length + END)
    throw badParquet(`the file has ${size} bytes, expected PAR1 at both ends`, uri)
  const tailFrom = Math.max(0, size - TAIL)
  const [head, tail] = await Promise.all([
    tailFrom === 0 ? undefined : source.read(0, MAGIC.length, { signal }),
    source.read(tailFrom, size, { signal }),
  ])
  const first = text(head ?? tail.subarray(0, MAGIC.length))
  const last = text(tail.subarray(tail.length - MAGIC.length))
  if (first === ENCRYPTED || last === ENCRYPTED)
    throw unsupportedParquet('the footer is encrypted, and encrypted files are not read', uri)
  if (first !== MAGIC) throw badParquet(`the file starts with the bytes ${hex(first)}, expected PAR1`, uri, 0)
  if (last !== MAGIC)
    throw badParquet(
      `the file ends with the bytes ${hex(last)}, expected PAR1: it may be cut off`,
      uri,
      size - MAGIC.length,
    )
  const length = Buffer.from(tail).readUInt32LE(tail.length - END)
  const to = size - END
  const from = to - length
  if (from < MAGIC.length)
    throw badParquet(
      `the footer has ${length} bytes, expected at most the ${to - MAGIC.length} of the file`,
      uri,
      to,
    )
  const bytes =
    from >= tailFrom
      ? tail.subarray(from - tailFrom, tail.length - END)
      : await source.read(from, to, { signal })
  return { from, to, bytes }
}

const hex = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('hex')

/** What the footer says, checked against where it stands: everything else is before it. */
export function parseFooter({ bytes, from }: FoundFooter, uri: string, binaryAsString: boolean): Footer {
  const file = new CompactReader(bytes).struct()
  if (structAt(file, 8) !== undefined)
    throw unsupportedParquet('columns are encrypted, and encrypted files are not read', uri)
  const { columns, leaves } = parseSchema(structsAt(file, 2), binaryAsString)
  // parquet-mr before 1.2.9 forgot the header of the dictionary's page in the chunk's size.
  const slack = /^parquet-mr version 1\.([01]\.|2\.[0-8]\b)/.test(textAt(file, 6) ?? '') ? 100 : 0
  const groups: RowGroup[] = []
  let firstRow = 0
  for (const [i, group] of structsAt(file, 4).entries()) {
    const rows = countAt(group, 3, `the number of rows of row group ${i}`)
    const chunks = structsAt(group, 1)
    if (chunks.length !== leaves.length)
      throw badParquet(
        `row group ${i} has ${chunks.length} column chunks, expected ${leaves.length} as the schema has`,
        uri,
      )
    if (rows === 0) continue
    const uncompressed = countAt(group, 2, `the size of row group ${i}`)
    const place = { uri, group: i, end: from, rows, slack }
    groups.push({
      firstRow,
      rows,
      uncompressed,
      chunks: chunks.map((chunk, j) => parseChunk(chunk, leaves[j]!, place)),
    })
    firstRow += rows
    if (!Number.isSafeInteger(firstRow))
      throw badParquet(`the row groups have ${firstRow} rows, expected below 2^53`, uri)
  }
  const orders = structsAt(file, 7)
  const ordered = leaves.map((_, i) => structAt(orders[i], 1) !== undefined)
  return { columns, leaves, groups, ordered }
}

interface Place {
  readonly uri: string
  readonly group: number
  readonly end: number
  readonly rows: number
  readonly slack: number
}

function parseChunk(chunk: Struct, leaf: Leaf, { uri, group, end: last, rows, slack }: Place): Chunk {
  const what = `column "${leaf.name}" of row group ${group}`
  if (bytesAt(chunk, 1) !== undefined)
    throw unsupportedParquet(`${what} stands in another file, "${textAt(chunk, 1)}", which is not read`, uri)
  if (chunk[8] !== undefined)
    throw unsupportedParquet(`${what} is encrypted, and encrypted columns are not read`, uri)
  const meta = structAt(chunk, 3)
  if (meta === undefined) throw badParquet(`${what} has no metadata, expected where it stands`, uri)
  const data = countAt(meta, 9, `the place of ${what}`)
  const dictionary = numberAt(meta, 11)
  // Some writers say 0 where there is no dictionary.
  const start = dictionary !== undefined && dictionary > 0 && dictionary < data ? dictionary : data
  const end = start + countAt(meta, 7, `the size of ${what}`)
  if (start < MAGIC.length || end > last)
    throw badParquet(
      `${what} stands at bytes ${start} to ${end}, expected between ${MAGIC.length} and ${last}`,
      uri,
    )
  const values = countAt(meta, 5, `the number of values of ${what}`)
  if (leaf.maxRepetition === 0 && values !== rows)
    throw badParquet(`${what} has ${values} values, expected one for each of the ${rows} rows`, uri)
  return {
    start,
    end: Math.min(last, end + slack),
    codec: countAt(meta, 4, `the codec of ${what}`),
    values,
    uncompressed: countAt(meta, 6, `the unpacked size of ${what}`),
    statistics: parseStatistics(structAt(meta, 12)),
  }
}

function parseStatistics(given: Struct | undefined): Statistics | undefined {
  if (given === undefined) return undefined
  const nulls = numberAt(given, 3)
  const [max, min] = [bytesAt(given, 5), bytesAt(given, 6)]
  if (max !== undefined || min !== undefined) return { min, max, signedOnly: false, nulls }
  return { max: bytesAt(given, 1), min: bytesAt(given, 2), signedOnly: true, nulls }
}

/** Whether a page's bytes are compressed where its header does not say it. */
export const isCompressed = (header: Struct): boolean => flagAt(header, 7) ?? true
