/** BAM: alignments of reads. */

import { REGION_SPACING } from '../text/segments.ts'
import type { TextFormat } from '../text/types.ts'
import { bamLayout, detectBam, dialectOf, OPTION_NAMES, viewLayout } from './layout.ts'
import { narrowBam } from './narrow.ts'
import { BamReader } from './reader.ts'
import { unpackNames } from './references.ts'
import { STRATEGIES } from './strategies.ts'
import { syncRecords } from './sync.ts'

export const bam = {
  name: 'bam',
  title: 'alignments of sequencing reads',
  extensions: ['bam'],
  optionNames: [],
  viewOptions: OPTION_NAMES,
  fileColumns: true,
  seeks: true,
  spacing: REGION_SPACING,
  binary: true,
  strategies: STRATEGIES,
  narrow: narrowBam,
  detect: detectBam,
  layout: bamLayout,
  view: viewLayout,
  reader: (layout, projection, settings) => new BamReader(layout, projection, settings),
  sync: (layout, bytes, from, end, final) =>
    syncRecords(bytes, from, end, final, unpackNames(dialectOf(layout).references).length),
} satisfies TextFormat
