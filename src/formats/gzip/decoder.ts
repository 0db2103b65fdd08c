/** The way in: what a file's container is, and a decoder for it, from the beginning or an access point. */

import { isVarveError } from '../../errors.ts'
import { GzipDecoder } from './gzip-decoder.ts'
import type { InflateFactory } from './inflate.ts'
import { createInflate } from './inflate-handle.ts'
import type { Trailer } from './member-check.ts'
import { readMemberHeader } from './member-header.ts'
import { PlainDecoder } from './plain-decoder.ts'
import { DEFAULT_SPACING, type PointSpacing } from './point-finder.ts'
import type { AccessPoint, Container, RawDecoder } from './types.ts'

export interface DecoderOptions {
  /** Make access points while decoding: `true`, or how far apart. */
  readonly points?: boolean | PointSpacing | undefined
  /** Leave it to a `TrailerCheck`, in another thread perhaps, to compare members with their trailers. */
  readonly trailers?: boolean | undefined
  /** Another way of inflating than the fastest; for tests. */
  readonly createInflate?: InflateFactory | undefined
}

export interface ClosableDecoder extends RawDecoder {
  /** With the option `trailers`: those passed since the last call. */
  takeTrailers(): Trailer[]
  /** Frees the native memory of a decoder that is not read to its end; otherwise not needed. */
  close(): void
}

/**
 * The container of a file that begins with `head`; 64 bytes are enough for all that usual tools write.
 * A file that only begins like gzip is called gzip: its decoder says what is wrong with it.
 */
export function detectContainer(head: Uint8Array): Container {
  try {
    const header = readMemberHeader('gzip', head, 0, head.length, 0)
    if (header?.blockSize !== undefined) return 'bgzf'
    return head.length >= 3 ? 'gzip' : 'plain'
  } catch (error) {
    if (isVarveError(error, 'invalid-data')) return 'plain'
    throw error
  }
}

/** A decoder for a whole file, from its first byte. */
export function createDecoder(container: Container, options: DecoderOptions = {}): ClosableDecoder {
  return container === 'plain' ? new PlainDecoder() : new GzipDecoder({ container, ...settings(options) })
}

/**
 * A decoder that begins at an access point: the fed bytes begin at `point.source`, `rawOffset` at `point.raw`.
 * In gzip the CRC and length of the member around the point stay unchecked, those of later ones do not.
 * `invalid-data` when the point's window is damaged.
 */
export function resumeDecoder(
  container: Container,
  point: AccessPoint,
  options: DecoderOptions = {},
): ClosableDecoder {
  if (container === 'plain') return new PlainDecoder(point)
  return new GzipDecoder({ container, from: point, ...settings(options) })
}

function settings(options: DecoderOptions) {
  const spacing = options.points === true ? DEFAULT_SPACING : options.points || undefined
  return { spacing, trailers: options.trailers, createInflate: options.createInflate ?? createInflate }
}
