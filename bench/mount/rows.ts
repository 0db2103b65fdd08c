/** Rows of the mount's table: medians with the worst run beside them. */

import { median } from '../timing.ts'
import type { Row } from '../types.ts'

const MiB = 2 ** 20

export interface Figures {
  readonly median: number
  readonly worst: number
  readonly samples: readonly number[]
}

/** Of speeds the least is the worst, of times and sizes the greatest. */
export function figuresOf(samples: readonly number[], best: 'most' | 'least'): Figures {
  const worst = best === 'most' ? Math.min(...samples) : Math.max(...samples)
  return { median: median(samples), worst, samples }
}

export const mib = (bytes: number): string => `${Math.round(bytes / MiB)} MiB`

/** Bytes per second, or another number with its unit. */
export function speedText({ median, worst }: Figures): string {
  return `${Math.round(median / MiB)} MiB/s (worst ${Math.round(worst / MiB)})`
}

export function msText({ median, worst }: Figures): string {
  return `${median.toFixed(1)} ms (worst ${worst.toFixed(1)})`
}

/** Our speed beside another one; without a limit for the record. */
export function speedRow(
  measure: string,
  against: string,
  ours: Figures,
  theirs: Figures,
  limit: number | undefined,
  note?: string,
): Row {
  const ratio = ours.median / theirs.median
  return {
    measure,
    against,
    target: limit === undefined ? '–' : `≥ ${limit} ×`,
    ours: speedText(ours),
    theirs: speedText(theirs),
    ratio: ratio.toFixed(2),
    met: limit === undefined ? 'not measured' : ratio >= limit ? 'yes' : 'no',
    note,
    raw: { ours, theirs, limit, ratio },
  }
}
