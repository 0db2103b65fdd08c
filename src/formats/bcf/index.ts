/** BCF: VCF's binary form. The same columns, options and strategies, so that `read_vcf` reads it, too. */

import { REGION_SPACING } from '../text/segments.ts'
import type { TextFormat } from '../text/types.ts'
import { OPTION_NAMES } from '../vcf/layout.ts'
import { isBcf } from './header.ts'
import { bcfLayout, contigsOf, dialectOf, viewLayout } from './layout.ts'
import { narrowBcf } from './narrow.ts'
import { BcfReader } from './reader.ts'
import { STRATEGIES } from './strategies.ts'
import { syncRecords } from './sync.ts'

export const bcf = {
  name: 'bcf',
  title: 'variants and genotypes, binary',
  extensions: ['bcf'],
  readAs: 'vcf',
  optionNames: [],
  viewOptions: OPTION_NAMES,
  fileColumns: true,
  seeks: true,
  spacing: REGION_SPACING,
  binary: true,
  strategies: STRATEGIES,
  narrow: narrowBcf,
  detect: (_path, head) => isBcf(head),
  layout: bcfLayout,
  view: viewLayout,
  reader: (layout, projection, settings) => new BcfReader(layout, projection, settings),
  sync: (layout, bytes, from, end, final) =>
    syncRecords(bytes, from, end, final, contigsOf(layout), dialectOf(layout).samples.length),
} satisfies TextFormat
