/** Inflating the beginning of a stream, and no more of it. */

import { constants, createGunzip, createInflateRaw } from 'node:zlib'
import { HeadError } from './reader.ts'

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * The first bytes, at most `limit`, of what `bytes`, the beginning of a deflated stream, inflate to. Damage further
 * on only ends them; a stream without one good byte is a HeadError.
 */
export async function inflateHead(
  bytes: Uint8Array,
  limit: number,
  wrapping: 'gzip' | 'raw' = 'gzip',
): Promise<Uint8Array> {
  // Z_SYNC_FLUSH: that the input ends early is expected.
  const settings = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 }
  const stream = wrapping === 'gzip' ? createGunzip(settings) : createInflateRaw(settings)
  const pieces: Uint8Array[] = []
  let length = 0
  stream.end(bytes)
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      pieces.push(piece)
      length += piece.length
      if (length >= limit) break
    }
  } catch (error) {
    if (length === 0)
      throw new HeadError(`it does not inflate: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
  }
  return new Uint8Array(Buffer.concat(pieces)).subarray(0, limit)
}
