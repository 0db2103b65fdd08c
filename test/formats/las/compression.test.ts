/** LASzip's decoder against lazrs, on files that try every branch of it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindBytes } from '../../scan/support/harness.ts'
import {
  columnValues,
  type Dumped,
  dumpAll,
  expectSame,
  hasLaspy,
  type Made,
  makeFiles,
  readBatches,
} from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-laz-'))
afterAll(() => rmSync(folder, { recursive: true }))

const FORMATS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

const files: Made[] = [
  ...FORMATS.map((format) => ({ format, points: 3000, seed: format, flags: ['extra', 'channels'] })),
  ...FORMATS.map((format) => ({ format, points: 2000, seed: 10 + format, flags: ['wild', 'channels'] })),
  // More than one chunk, the last one of a single point.
  { format: 3, points: 100_001, seed: 30 },
  { format: 7, points: 100_001, seed: 31, flags: ['channels'] },
  ...[4, 5, 9, 10].map((format) => ({ format, points: 2101, seed: 30 + format, flags: ['chunk=700'] })),
  // Wave packets that never change have a layer without bytes.
  ...[4, 9].map((format) => ({ format, points: 300, seed: 40 + format, flags: ['still', 'channels'] })),
  { format: 6, points: 1, seed: 32 },
  { format: 0, points: 1, seed: 33 },
  { format: 6, points: 0, seed: 34 },
  ...FORMATS.map((format) => ({
    format,
    points: 500,
    seed: 50 + format,
    flags: ['extra', 'wild', 'channels'],
    ending: 'las' as const,
  })),
]

const nameOf = ({ format, points, flags = [], ending = 'laz' }: Made): string =>
  `${points} points of format ${format} in ${ending} ${flags.join(' ')}`

describe.skipIf(!hasLaspy)('points', () => {
  let paths: string[]
  let dumped: Dumped[]
  beforeAll(() => {
    paths = makeFiles(folder, files)
    dumped = dumpAll(paths.map((path) => ({ path })))
  }, 120_000)

  it.each(files.map((made, i) => [nameOf(made), i] as const))('%s', async (_, i) => {
    const bound = await bindBytes(readFileSync(paths[i]!), 'las')
    const { batches } = await readBatches(bound)
    expectSame(bound, batches, dumped[i]!)
    const records = columnValues(bound, batches, bound.layout.columns.length - 1)
    expect(records).toEqual(records.map((_value, row) => BigInt(row)))
  })
})
