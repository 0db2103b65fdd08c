/** What a measure is, and what it says. */

import type { Context } from './context.ts'

/** One run, in seconds. */
export interface Sample {
  /** The whole process, from spawn to exit. */
  readonly process?: number | undefined
  /** Inside a running process: a warm varve session; for a peer what its own script timed after its imports. */
  readonly inside?: number | undefined
}

export interface Contender {
  readonly name: string
  run(): Promise<Sample>
}

/** Medians over the runs, and the runs themselves. */
export interface Timing {
  readonly name: string
  readonly process?: number | undefined
  readonly inside?: number | undefined
  readonly samples: readonly Sample[]
}

/** `inside`: only the warm session reaches the target, not the whole process; `–`: there is none. */
export type Met = '–' | 'yes' | 'inside only' | 'process only' | 'no' | 'not measured'

/** One line of the table. */
export interface Row {
  readonly measure: string
  /** The peer or limit on the other side. */
  readonly against: string
  readonly target: string
  readonly ours: string
  readonly theirs: string
  readonly ratio: string
  readonly met: Met
  readonly note?: string | undefined
  /** The figures behind the texts, for the JSON. */
  readonly raw?: unknown
}

export interface Measure {
  /** As in `--only`. */
  readonly name: string
  /** The target in the words. */
  readonly target: string
  run(context: Context): Promise<Row[]>
}

/** A wrong result, as opposed to a slow one: the bench ends with status 1. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}

/** Fails loudly unless the contender's answer is the known one. */
export function expectEqual(who: string, what: string, actual: unknown, expected: unknown): void {
  if (String(actual) !== String(expected)) {
    throw new BenchError(`${who}: ${what} is ${String(actual)}, expected ${String(expected)}`)
  }
}
