/** How Parquet files are cut. */

import type { RowRange, Strategy } from '../types.ts'

/** Slices of n row groups each: none is decoded for two slices. */
export const rowGroups: Strategy = {
  arguments: { n: 'count' },
  summary: 'slices of n row groups, the last one of the rest',
  cut({ segments }, { n }) {
    const size = Number(n)
    const slices: RowRange[] = []
    for (let i = 0; i < segments.length; i += size) {
      const part = segments.slice(i, i + size)
      slices.push({ firstRow: part[0]!.firstRow, rows: part.reduce((sum, { rows }) => sum + rows, 0) })
    }
    return slices
  },
}
