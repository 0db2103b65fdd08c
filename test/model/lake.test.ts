/**
 * The lake against a reference in memory: random sequences of edits, forks, merges, labels, tags, deletions, garbage
 * collections, killed processes and commits of two at the same moment leave both the same.
 *
 * `npm run soak` runs 10,000 sequences; VARVE_MODEL_SEED repeats a run, VARVE_MODEL_RUNS says how many.
 */

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { runSequence } from './run.ts'
import { sequences } from './sequences.ts'

const RUNS = Number(process.env.VARVE_MODEL_RUNS ?? 40)
const SEED = Number(process.env.VARVE_MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31))

it(
  `is what the reference is after ${RUNS} random sequences`,
  async () => {
    console.log(`model test: ${RUNS} sequences, VARVE_MODEL_SEED=${SEED}`)
    let done = 0
    const law = fc.asyncProperty(sequences, async (acts) => {
      await runSequence(acts)
      done++
      if (done % 500 === 0) console.log(`model test: ${done} sequences`)
    })
    await fc.assert(law, { numRuns: RUNS, seed: SEED })
    expect(done).toBe(RUNS)
  },
  24 * 3600_000,
)
