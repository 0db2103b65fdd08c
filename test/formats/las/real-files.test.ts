/** Every point cloud of ../shared/data against laspy with lazrs: all values of all points. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bindBytes } from '../../scan/support/harness.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { type Dumped, dumpAll, expectSame, hasLaspy, listed, readBatches } from './support.ts'

const folder = join(DATA, 'las')
if (!hasData()) console.warn(`SKIPPED: ${folder} is missing, so no real point cloud was read`)
const names = hasData()
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.la[sz]$/.test(name))
      .sort()
  : []

/** Files that cannot be what they say. */
const REFUSED: Readonly<Record<string, string>> = {
  'pdal/1.2-with-color-clipped.las':
    'las: the file has room for 1064 points, expected 1065 as the header says',
}

const copcs = names.filter((name) => name.includes('.copc.'))

/** Boxes in parts of the header's, whose bounds stand as max x, min x, max y, min y; and levels. */
const queries = copcs.flatMap((name) => {
  const path = join(folder, name)
  const [x1, x0, y1, y0] = [179, 187, 195, 203].map((at) => readFileSync(path).readDoubleLE(at))
  const at = (x: number, y: number) => [x0! + x * (x1! - x0!), y0! + y * (y1! - y0!)]
  return [
    { path, query: ['box', ...at(0.1, 0.2), ...at(0.4, 0.5)] },
    { path, query: ['box', ...at(0.5, 0.5), ...at(0.55, 0.55)] },
    ...[0, 1, 2].map((level) => ({ path, query: ['level', level] })),
  ]
})
const QUERIES = queries.length / Math.max(1, copcs.length)

describe.skipIf(!hasData() || !hasLaspy)('real files', () => {
  let dumped: Dumped[]
  let answers: Dumped[]
  beforeAll(() => {
    const all = dumpAll([...names.map((name) => ({ path: join(folder, name) })), ...queries])
    dumped = all.slice(0, names.length)
    answers = all.slice(names.length)
  }, 120_000)

  it('are all there', () => expect(names.length).toBeGreaterThan(20))

  it.each(names.map((name, i) => [name, i] as const))('%s', async (name, i) => {
    const bytes = readFileSync(join(folder, name))
    const refused = REFUSED[name]
    if (refused !== undefined) {
      await expect(bindBytes(bytes, 'las')).rejects.toThrow(refused)
      return
    }
    const bound = await bindBytes(bytes, 'las')
    const { batches } = await readBatches(bound)
    expectSame(bound, batches, dumped[i]!)
    if (!name.includes('.copc.')) return
    // The same points under the same numbers; laspy reads them as LAZ.
    const nodes = await bindBytes(bytes, 'copc')
    const read = await readBatches(nodes)
    expectSame(nodes, read.batches, dumped[i]!)
  })

  it.each(copcs.map((name, i) => [name, i] as const))(
    '%s: boxes and levels as CopcReader has them',
    async (name, i) => {
      const bound = await bindBytes(readFileSync(join(folder, name)), 'copc')
      expect((await listed(bound)).complete).toBe(true)
      const columns = bound.layout.columns.map((column) => column.name)
      const wanted = ['x', 'y', 'z', 'level'].map((column) => columns.indexOf(column))
      const { batches } = await readBatches(bound, { columns: wanted })
      const [x, y, z, level] = wanted.map((_, at) =>
        batches.flatMap((batch) => [...(batch.columns[at]!.values as Float64Array)]),
      ) as [number[], number[], number[], number[]]
      const sorted = (rows: number[][]) => rows.map(String).sort()
      queries.slice(i * QUERIES, (i + 1) * QUERIES).forEach(({ query: [kind, ...values] }, k) => {
        const answer = answers[i * QUERIES + k]!
        if ('error' in answer) throw new Error(answer.error)
        const [a, b, c, d] = values.map(Number)
        const holds = (row: number) =>
          kind === 'level'
            ? level[row]! <= a!
            : x[row]! >= a! && x[row]! <= c! && y[row]! >= b! && y[row]! <= d!
        const [tx, ty, tz] = answer.dimensions.map((dimension) => dimension.values as Float64Array)
        const theirs = Array.from(tx!, (value, row) => [value, ty![row]!, tz![row]!])
        const ours = x.flatMap((value, row) => (holds(row) ? [[value, y[row]!, z[row]!]] : []))
        expect(sorted(ours)).toEqual(sorted(theirs))
      })
    },
    60_000,
  )
})
