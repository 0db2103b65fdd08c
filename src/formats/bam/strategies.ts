/** Slices by reference, and the slice of a region. */

import { byReference, regionStrategy } from '../genome/strategies.ts'
import type { Strategy } from '../types.ts'
import { dialectOf } from './layout.ts'
import { unpackNames } from './references.ts'

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  rname: {
    arguments: {},
    summary: 'a slice for each reference, in the order of the file; unplaced reads last',
    cut: byReference,
  },
  region: regionStrategy(
    'samtools view FILE REGION',
    { kind: 'reference', name: 'rname', from: 'pos', to: 'end_pos' },
    (layout) => ({ names: unpackNames(dialectOf(layout).references), all: true }),
  ),
}
