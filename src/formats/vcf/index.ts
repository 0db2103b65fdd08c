/** VCF: variants and genotypes. */

import { syncLines } from '../lines/reader.ts'
import { REGION_SPACING } from '../text/segments.ts'
import type { TextFormat } from '../text/types.ts'
import { OPTION_NAMES, vcfLayout, viewLayout } from './layout.ts'
import { narrowVcf } from './narrow.ts'
import { VcfReader } from './reader.ts'
import { STRATEGIES } from './strategies.ts'

const VERSION = '##fileformat=VCF'
const HASH = 35
const COLUMNS = '#CHROM\tPOS\tID\tREF\tALT'

export const vcf = {
  name: 'vcf',
  title: 'variants and genotypes',
  extensions: ['vcf'],
  optionNames: [],
  viewOptions: OPTION_NAMES,
  fileColumns: true,
  seeks: true,
  spacing: REGION_SPACING,
  findsAll: true,
  strategies: STRATEGIES,
  narrow: narrowVcf,

  detect(_path, head) {
    const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 1 << 16)).toString('latin1')
    if (text.startsWith(VERSION) || text.startsWith(COLUMNS)) return true
    return text.startsWith('##') && text.includes(`\n${COLUMNS}`)
  },

  layout: vcfLayout,
  view: viewLayout,
  reader: (layout, projection, settings) => new VcfReader(layout, projection, settings),
  sync: (_layout, bytes, from, end) => syncRecords(bytes, from, end),
} satisfies TextFormat

/** The next line that is none of the header: that of a biobank may be longer than the first pieces of its file. */
function syncRecords(bytes: Uint8Array, from: number, end: number): number {
  let at = syncLines(bytes, from, end)
  while (at >= 0 && at < end && bytes[at] === HASH) at = syncLines(bytes, at + 1, end)
  return at < end ? at : -1
}
