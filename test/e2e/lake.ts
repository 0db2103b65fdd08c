/** What the tests of lakes share: real files, reports as JSON, and what a lake holds. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { DATA } from '../sql/runner.ts'
import { type Ended, filesUnder, type Row, type RunOptions, type Workplace } from './program.ts'

/** Whether the real files are here; said loudly when not, and an error under CI. */
export const REAL = existsSync(DATA)
if (!REAL) {
  if (process.env.CI === 'true') throw new Error(`no real files in ${DATA}`)
  console.warn(`SKIPPED: no real files in ${DATA}`)
}

export const real = (...parts: string[]): string => join(DATA, ...parts)

/** The JSON of a command that must succeed and say nothing besides. */
export async function json<T = Row>(
  place: Workplace,
  argv: readonly string[],
  options?: RunOptions,
): Promise<T> {
  const ended = await place.run([...argv, '--json'], options)
  expect(ended, argv.join(' ')).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(ended.stdout) as T
}

/** Runs a command that must succeed. */
export async function done(place: Workplace, argv: readonly string[], options?: RunOptions): Promise<Ended> {
  const ended = await place.run(argv, options)
  expect(ended, argv.join(' ')).toMatchObject({ code: 0 })
  return ended
}

/** The numbers of a dataset's versions. */
export async function versionsOf(place: Workplace, dataset: string): Promise<unknown[]> {
  const rows = await json<Row[]>(place, ['versions', dataset])
  return rows.map(({ version }) => version)
}

/** Files that are neither whole nor meant to be there: what an interrupted command must not leave. */
export function temporaries(folder: string): string[] {
  return filesUnder(folder).filter((name) => /\.tmp$|(^|\/)\.varve-|\.part$/.test(name))
}
