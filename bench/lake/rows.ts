/** Rows of works that were run several times with a delay. */

import type { Traffic } from '../proxy.ts'
import { median, seconds } from '../timing.ts'
import type { Row } from '../types.ts'

export interface Run {
  readonly process: number
  readonly inside?: number | undefined
  readonly traffic: Traffic
}

export interface Limits {
  readonly seconds?: number | undefined
  readonly requests?: number | undefined
  readonly written?: number | undefined
}

/** Medians of the times, the worst of the rest. */
export function delayedRow(
  measure: string,
  against: string,
  runs: readonly Run[],
  limits: Limits,
  note?: string,
): Row {
  const whole = median(runs.map((run) => run.process))
  const insides = runs.map(({ inside }) => inside).filter((inside) => inside !== undefined)
  const inside = insides.length === 0 ? undefined : median(insides)
  const requests = Math.max(...runs.map(({ traffic }) => traffic.requests.length))
  const written = Math.max(...runs.map(({ traffic }) => traffic.written))
  const holds = (value: number | undefined, limit: number | undefined): boolean =>
    value === undefined || limit === undefined || value <= limit
  const counted = holds(requests, limits.requests) && holds(written, limits.written)
  const met =
    !counted || !holds(inside ?? whole, limits.seconds)
      ? 'no'
      : holds(whole, limits.seconds)
        ? 'yes'
        : 'inside only'
  const wrote = written === 0 ? [] : [`${(written / 2 ** 20).toFixed(2)} MiB written`]
  const time = inside === undefined ? seconds(whole) : `${seconds(whole)} / ${seconds(inside)}`
  const targets = [
    ...(limits.seconds === undefined ? [] : [`≤ ${limits.seconds} s`]),
    ...(limits.requests === undefined ? [] : [`≤ ${limits.requests} requests`]),
    ...(limits.written === undefined ? [] : [`≤ ${limits.written / 2 ** 20} MiB written`]),
  ]
  return {
    measure,
    against,
    target: targets.length === 0 ? '–' : targets.join(', '),
    ours: [time, `${requests} requests`, ...wrote].join(', '),
    theirs: '–',
    ratio: '–',
    met: targets.length === 0 ? 'not measured' : met,
    note,
    raw: runs,
  }
}
