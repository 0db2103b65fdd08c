/** Which samples LERC and WebP can hold, and what the directory says of the former. */

import type { TiffBytes } from '../tiff/bytes.ts'
import { type Directory, readNumbers } from '../tiff/directory.ts'
import { TAG } from '../tiff/tags.ts'
import type { Lerc, Raster, Refuse, SampleKind } from '../types.ts'

/** By their number in a blob. LERC has no integers of 64 bits. */
export const LERC_KINDS: readonly SampleKind[] = [
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'float32',
  'float64',
]

/** In the order of libtiff's LERC_ADD_COMPRESSION_*. */
const WITHIN = ['none', 'deflate', 'zstd'] as const

/** ExtraSamples: opacity that is not multiplied into the other bands. */
const OPACITY = 2
const MOST_BANDS = 65_535

/** LercParameters holds the version of the format (which blobs say, too) and what they are compressed with again. */
export async function readLerc(
  bytes: TiffBytes,
  directory: Directory,
  { bits, kind, separate }: Pick<Raster, 'bits' | 'kind' | 'separate'>,
  bad: Refuse,
): Promise<Lerc> {
  if (!LERC_KINDS.includes(kind) || bits !== Number(/\d+$/.exec(kind)![0]))
    throw bad('unsupported', `LERC of ${kind} in ${bits} bits is not read, expected 8, 16 or 32, or float64`)
  const [, wrap = 0] = await readNumbers(bytes, directory, TAG.lercParameters, 0, 2)
  const within = WITHIN[wrap]
  if (within === undefined)
    throw bad(
      'unsupported',
      `LERC within compression ${wrap} is not read, expected 0 to ${WITHIN.length - 1}`,
    )
  const extra = await readNumbers(bytes, directory, TAG.extraSamples, 0, MOST_BANDS)
  return { within, alpha: !separate && kind === 'uint8' && extra.at(-1) === OPACITY }
}

/** WebP is red, green and blue, and opacity perhaps. */
export function checkWebp(
  { bands, kind, separate }: Pick<Raster, 'bands' | 'kind' | 'separate'>,
  bad: Refuse,
): void {
  if (kind === 'uint8' && !separate && (bands === 3 || bands === 4)) return
  const what = `${bands} bands of ${kind}${separate ? ', each with tiles of its own,' : ''}`
  throw bad('unsupported', `WebP of ${what} is not read, expected 3 or 4 of uint8 together`)
}
