/** The beginning of a text or binary header that ends somewhere: read further until it has. */

import { inflateHead, isGzip } from './inflate.ts'
import { FIRST_BYTES, HEAD_BYTES, HeadError, type HeadReader } from './reader.ts'

/** Inflated bytes of a header, at most: headers with many contigs deflate well. */
const MOST_INFLATED = 8 * HEAD_BYTES

/**
 * What `parse` makes of the file's beginning, inflated. It gives undefined when the header goes on; then it sees more,
 * and at last everything that is read, with `isAll` true: the file's end or the limit.
 */
export async function readUntil<T>(
  reader: HeadReader,
  parse: (bytes: Uint8Array, isAll: boolean) => T | undefined,
): Promise<T> {
  for (const length of [FIRST_BYTES, HEAD_BYTES]) {
    const first = await reader.first(length)
    const bytes = isGzip(first) ? await inflateHead(first, MOST_INFLATED) : first
    const isAll = first.length === reader.size || length === HEAD_BYTES
    const parsed = parse(bytes, isAll)
    if (parsed !== undefined) return parsed
    if (isAll) break
  }
  throw new HeadError('its header does not end in what is read of it')
}

/** Whole lines of text without their ends; the last line only when the text ends there. */
export function linesOf(bytes: Uint8Array, isAll: boolean): string[] {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').split(/\r?\n/)
  if (!isAll || lines.at(-1) === '') lines.pop()
  return lines
}
