/** Cuts a bgzf file at any two source offsets, on block boundaries. */

import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import { bgzfBlockSize, findBgzfBlock } from '../gzip/index.ts'

/** A block has at most 64 KiB; two of them leave room for a whole one before and its follower's header. */
const MARGIN = 128 * 1024

export interface BgzfCut {
  /** The source, with the bytes around the piece at hand. */
  readonly source: ByteSource
  /** The first block at or after `from`, and the first at or after `to`. */
  readonly from: number
  readonly to: number
  /** The block before `from`, or `from` itself in the first piece; its decompressed size. */
  readonly contextFrom: number
  readonly contextRaw: number
}

export async function cutBgzf(
  source: ByteSource,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): Promise<BgzfCut> {
  const low = Math.max(0, from - MARGIN)
  const high = Math.min(source.size, to + MARGIN)
  const bytes = await source.read(low, high, { signal })
  const first = low === 0 ? 0 : findBgzfBlock(bytes, 0)
  if (first < 0) throw notBgzf(source.uri, low)

  let at = first
  let before = -1
  const walk = (target: number): number => {
    while (low + at < target) {
      const size = bgzfBlockSize(bytes, at)
      if (size === undefined) throw notBgzf(source.uri, low + at)
      before = at
      at += size
    }
    return low + at
  }
  const pieceFrom = walk(from)
  const context = pieceFrom > 0 ? before : -1
  const pieceTo = Math.min(source.size, walk(to))
  return {
    source: withBytes(source, low, bytes),
    from: pieceFrom,
    to: pieceTo,
    contextFrom: context < 0 ? pieceFrom : low + context,
    // ISIZE, the block's last four bytes.
    contextRaw:
      context < 0 ? 0 : Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(pieceFrom - low - 4),
  }
}

function notBgzf(uri: string, byte: number): VarveError {
  const message = `bgzf: no block header at byte ${byte}, expected gzip magic with the BC field (${uri})`
  return new VarveError('invalid-data', message, { uri, byte })
}

/** The source, reading [at, at + bytes.length) from memory. */
function withBytes(source: ByteSource, at: number, bytes: Uint8Array): ByteSource {
  return {
    uri: source.uri,
    size: source.size,
    identity: source.identity,
    read: async (start, end, options) =>
      start >= at && end <= at + bytes.length
        ? bytes.subarray(start - at, end - at)
        : source.read(start, end, options),
  }
}
