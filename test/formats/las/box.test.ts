/** Points outside a box are left out by the reader, with their other layers undecoded: none inside it, and no value changes. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/formats/types.ts'
import { type Bound, batchRows, bindBytes, type Rows } from '../../scan/support/harness.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { hasLaspy, makeFiles, type ReadOptions, readBatches } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-las-box-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ways = [
  { name: 'las 3', format: 3, points: 5000, seed: 1, ending: 'las' as const },
  { name: 'las 8', format: 8, points: 900, seed: 2, flags: ['extra', 'channels'], ending: 'las' as const },
  { name: 'laz 3', format: 3, points: 900, seed: 3, flags: ['extra', 'chunk=100'] },
  { name: 'laz 7', format: 7, points: 900, seed: 4, flags: ['extra', 'channels', 'chunk=70'] },
  { name: 'laz 4', format: 4, points: 900, seed: 5, flags: ['extra', 'chunk=90'] },
  { name: 'laz 9', format: 9, points: 900, seed: 6, flags: ['channels', 'chunk=90'] },
]
const copcs = hasData() ? ['laspy/simple.copc.laz'] : []

const files = new Map<string, { readonly bound: Bound; readonly rows: Rows }>()

async function rowsOf(bound: Bound, options: ReadOptions = {}): Promise<Rows> {
  const columns = options.columns ?? bound.layout.columns.map((_, i) => i)
  const types = columns.map((column) => bound.layout.columns[column]!.type)
  const { batches } = await readBatches(bound, options)
  return batches.flatMap((batch) => batchRows(batch, types))
}

function holds({ op, values: [bound] }: Condition, value: number): boolean {
  if (value === bound) return op === '=' || op === '<=' || op === '>='
  return op === '<' || op === '<=' ? value < Number(bound) : op !== '=' && value > Number(bound)
}

describe.skipIf(!hasLaspy)('a box', () => {
  beforeAll(async () => {
    const paths = makeFiles(folder, ways)
    for (const [i, { name }] of ways.entries()) {
      const bound = await bindBytes(readFileSync(paths[i]!), 'las')
      files.set(name, { bound, rows: await rowsOf(bound) })
    }
    for (const name of copcs) {
      const bound = await bindBytes(readFileSync(join(DATA, 'las', name)), 'copc')
      files.set(name, { bound, rows: await rowsOf(bound) })
    }
  }, 120_000)

  it.each([...ways.map(({ name }) => name), ...copcs])(
    '%s: gives exactly its points, whole',
    async (name) => {
      const { bound, rows } = files.get(name)!
      const axes = ['x', 'y', 'z'].map((axis) => bound.layout.columns.findIndex((one) => one.name === axis))
      const pick = fc.record({
        axis: fc.nat(2),
        row: fc.nat(rows.length - 1),
        shift: fc.constantFrom(0, 0, 1e-9, -3.7),
        op: fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      })
      const part = fc.tuple(fc.nat(rows.length), fc.nat(rows.length))
      const bounds = fc.array(pick, { minLength: 1, maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(bounds, part, fc.boolean(), async (picks, [a, b], small) => {
          const conditions = picks.map(({ axis, row, shift, op }): Condition => {
            return { column: 'xyz'[axis]!, op, values: [Number(rows[row]![axes[axis]!]) + shift] }
          })
          const inside = (row: Rows[number]): boolean =>
            conditions.every((one) => holds(one, Number(row[axes['xyz'.indexOf(one.column)]!])))
          const [from, to] = a < b ? [a, b] : [b, a]
          const found = await rowsOf(bound, { firstRow: from, rows: to - from, more: { conditions, small } })
          expect(found).toEqual(rows.slice(from, to).filter(inside))
        }),
        { numRuns: 40 },
      )
    },
  )

  it('leaves points alone for bounds that do not compare as numbers, or are of other columns', async () => {
    const { bound, rows } = files.get('laz 7')!
    const conditions: Condition[] = [
      { column: 'x', op: '>', values: [Number.NaN] },
      { column: 'y', op: '>', values: [10n ** 30n] },
      { column: 'intensity', op: '=', values: [70_000] },
    ]
    expect(await rowsOf(bound, { more: { conditions } })).toEqual(rows)
  })

  it('makes only the first batch small for whoever may want no more', async () => {
    const { batches } = await readBatches(files.get('las 3')!.bound, { more: { small: true } })
    expect(batches.map(({ rows }) => rows)).toEqual([2048, 2952])
  })
})
