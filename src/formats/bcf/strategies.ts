/** Slices by chromosome, and the slice of a region. */

import { regionStrategy } from '../genome/strategies.ts'
import type { Strategy } from '../types.ts'
import { STRATEGIES as VCF } from '../vcf/strategies.ts'
import { contigsOf } from './layout.ts'

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  ...VCF,
  region: regionStrategy(
    'bcftools view -r',
    { kind: 'chromosome', name: 'chrom', from: 'pos', to: 'end_pos' },
    (layout) => ({ names: contigsOf(layout).table.names, all: true }),
  ),
}
