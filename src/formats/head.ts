/** The first bytes of a file: what decides its format, whatever its name says. */

import type { ByteSource, ReadOptions } from '../bytes/types.ts'
import { isVarveError } from '../errors.ts'
import { createDecoder, detectContainer } from './gzip/index.ts'
import type { Container } from './gzip/types.ts'
import type { Head } from './types.ts'

/** Source bytes that are looked at, and kept for the scan that follows. */
export const HEAD_BYTES = 1 << 20
/** Decompressed bytes that are looked at. */
const RAW_BYTES = 1 << 20

/** Reads and decompresses the head of a source. */
export async function readHead(source: ByteSource, options?: ReadOptions): Promise<Head> {
  const bytes = await source.read(0, Math.min(source.size, HEAD_BYTES), options)
  return parseHead(source.uri, bytes, bytes.length === source.size)
}

/** `complete`: the bytes are the whole file. */
export function parseHead(uri: string, bytes: Uint8Array, complete: boolean): Head {
  const container = detectContainer(bytes)
  if (container === 'plain') return { uri, container, bytes, raw: bytes, whole: complete }
  const { raw, whole } = decompressHead(container, bytes, complete, RAW_BYTES)
  return { uri, container, bytes, raw, whole }
}

/** The first `most` decompressed bytes, as far as `bytes` hold them; `complete`: these are the whole file. */
export function decompressHead(
  container: Container,
  bytes: Uint8Array,
  complete: boolean,
  most: number,
): { raw: Uint8Array; whole: boolean } {
  const out = new Uint8Array(most)
  let fill = 0
  const decoder = createDecoder(container)
  let fed = false
  while (fill < out.length && !decoder.done) {
    let wrote = 0
    try {
      wrote = decoder.read(out, fill, out.length)
      if (wrote === 0 && !decoder.done) {
        if (fed) break
        decoder.feed(bytes, complete)
        fed = true
      }
    } catch (error) {
      // A head that breaks off in the middle is no error here; what was decoded before a real one is enough to
      // tell the format, and the scan will meet the error with its place.
      if (fill > 0 && isVarveError(error, 'invalid-data')) break
      throw error
    }
    fill += wrote
  }
  return { raw: out.subarray(0, fill), whole: decoder.done }
}

/** The first `length` decompressed bytes of a file: its header, however long. */
export async function readHeader(
  source: ByteSource,
  container: Container,
  length: number,
  options?: ReadOptions,
): Promise<Uint8Array> {
  for (let size = HEAD_BYTES; ; size *= 4) {
    const bytes = await source.read(0, Math.min(source.size, size), options)
    const complete = bytes.length === source.size
    const raw = container === 'plain' ? bytes : decompressHead(container, bytes, complete, length).raw
    if (raw.length >= length || complete) return raw.slice(0, length)
  }
}
