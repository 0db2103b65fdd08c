/** Mass spectrometry images: imzML 1.1.0, which is mzML with its arrays in an .ibd beside it. */

import type { BlockFormat } from '../blocks/types.ts'
import type { Head } from '../types.ts'
import { imzmlBlocks } from './blocks.ts'
import { imzmlLayout } from './layout.ts'
import { imzmlReader } from './reader.ts'
import { grid, region } from './strategies.ts'

/** As far as the file description, which comes early. */
const LOOKED_AT = 64 * 1024

/** mzML alone has its arrays inside: only imaging terms say that they are elsewhere. */
function detect(_path: string, { container, bytes }: Head): boolean {
  if (container !== 'plain') return false
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LOOKED_AT)).toString(
    'latin1',
  )
  return (
    /^(?:\xef\xbb\xbf)?\s*</.test(text) &&
    /<(?:\w+:)?mzML[\s>]/.test(text) &&
    /["']IMS(?::\d+)?["']/.test(text)
  )
}

export const imzml = {
  name: 'imzml',
  title: 'mass spectrometry images',
  extensions: ['imzml'],
  optionNames: [],
  strategies: { region, grid },
  detect,
  layout: imzmlLayout,
  blocks: imzmlBlocks,
  reader: imzmlReader,
} satisfies BlockFormat
