/** Interleaved runs and their medians. */

import type { Contender, Met, Row, Sample, Timing } from './types.ts'

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function medianOf(
  samples: readonly Sample[],
  pick: (sample: Sample) => number | undefined,
): number | undefined {
  const values = samples.map(pick).filter((value) => value !== undefined)
  return values.length === 0 ? undefined : median(values)
}

/** Every contender once as a warm-up, then `runs` rounds of one run each, in turn. */
export async function interleave(contenders: readonly Contender[], runs: number): Promise<Timing[]> {
  const samples = contenders.map((): Sample[] => [])
  for (let round = -1; round < runs; round++) {
    for (const [i, contender] of contenders.entries()) {
      const sample = await contender.run()
      if (round >= 0) samples[i]?.push(sample)
    }
  }
  return contenders.map(({ name }, i) => {
    const own = samples[i] ?? []
    return {
      name,
      process: medianOf(own, (sample) => sample.process),
      inside: medianOf(own, (sample) => sample.inside),
      samples: own,
    }
  })
}

export interface Limit {
  /** `time`: ours ÷ theirs, at most; `speed`: theirs ÷ ours, at least. */
  readonly kind: 'time' | 'speed'
  readonly value: number
}

export interface Ratio {
  readonly process?: number | undefined
  readonly inside?: number | undefined
}

function ratioOf(kind: Limit['kind'], ours?: number, theirs?: number): number | undefined {
  if (ours === undefined || theirs === undefined) return undefined
  return kind === 'time' ? ours / theirs : theirs / ours
}

/** Processes with processes, insides with insides; a peer without an inside of its own counts whole. */
export function ratios(kind: Limit['kind'], ours: Timing, theirs: Timing): Ratio {
  return {
    process: ratioOf(kind, ours.process, theirs.process),
    inside: ratioOf(kind, ours.inside, theirs.inside ?? theirs.process),
  }
}

export function judge(limit: Limit, ratio: Ratio): Met {
  const holds = (value: number | undefined) =>
    value === undefined ? undefined : limit.kind === 'time' ? value <= limit.value : value >= limit.value
  const [process, inside] = [holds(ratio.process), holds(ratio.inside)]
  if (process === undefined && inside === undefined) return 'not measured'
  if (process === false && inside === true) return 'inside only'
  if (process === true && inside === false) return 'process only'
  return process === false || inside === false ? 'no' : 'yes'
}

const both = (process: string | undefined, inside: string | undefined): string =>
  [process, inside].every((text) => text === undefined) ? '–' : `${process ?? '–'} / ${inside ?? '–'}`

export function seconds(value: number | undefined): string | undefined {
  return value === undefined
    ? undefined
    : value < 0.1
      ? `${(value * 1e3).toFixed(1)} ms`
      : `${value.toFixed(2)} s`
}

export const factor = (value: number | undefined): string | undefined => value?.toFixed(2)

/** A timing as `process / inside`, with MB/s of `raw` bytes where that says more. */
export function timingText(timing: Timing, raw?: number): string {
  const one = (value: number | undefined) =>
    value === undefined || raw === undefined
      ? seconds(value)
      : `${seconds(value)} (${Math.round(raw / value / 1e6)} MB/s)`
  return both(one(timing.process), one(timing.inside))
}

/** The row of one timed pair, beside which no target may stand. `raw`: bytes, to tell speeds beside the seconds. */
export function compare(
  measure: string,
  ours: Timing,
  theirs: Timing,
  limit: Limit | undefined,
  more: { readonly raw?: number | undefined; readonly note?: string | undefined } = {},
): Row {
  const ratio = ratios(limit?.kind ?? 'speed', ours, theirs)
  return {
    measure,
    against: theirs.name,
    target: limit === undefined ? '–' : `${limit.kind === 'time' ? '≤' : '≥'} ${limit.value} ×`,
    ours: timingText(ours, more.raw),
    theirs: timingText(theirs, more.raw),
    ratio: both(factor(ratio.process), factor(ratio.inside)),
    met: limit === undefined ? '–' : judge(limit, ratio),
    note: more.note,
    raw: { limit, ratio, ours, theirs },
  }
}

/** The row of a peer that is not there. */
export function absent(measure: string, against: string, limit: Limit, why: string): Row {
  return {
    measure,
    against,
    target: `${limit.kind === 'time' ? '≤' : '≥'} ${limit.value} ×`,
    ours: '–',
    theirs: 'missing',
    ratio: '–',
    met: 'not measured',
    note: why,
  }
}

/** The row of a figure with a limit of its own. */
export function figure(
  measure: string,
  against: string,
  target: string,
  ours: string,
  met: boolean,
  note?: string,
  raw?: unknown,
): Row {
  return { measure, against, target, ours, theirs: '–', ratio: '–', met: met ? 'yes' : 'no', note, raw }
}
