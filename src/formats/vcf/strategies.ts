/** Slices by chromosome, and the slice of a region. */

import { byReference, regionStrategy } from '../genome/strategies.ts'
import type { Strategy } from '../types.ts'
import { dialectOf } from './layout.ts'

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  chrom: {
    arguments: {},
    summary: 'a slice for each chromosome, in the order of the file',
    cut: byReference,
  },
  region: regionStrategy(
    'bcftools view -r',
    { kind: 'chromosome', name: 'chrom', from: 'pos', to: 'end_pos' },
    // Records may have chromosomes that the header does not declare.
    (layout) => ({ names: dialectOf(layout).contigs, all: false }),
  ),
}
