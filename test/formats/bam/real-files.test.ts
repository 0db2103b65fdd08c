/** Every BAM of ../shared/data against samtools: all values of all columns, and every region by every way to it. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/formats/types.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { runOf } from '../../../src/index/runs.ts'
import { locate } from '../../../src/store/index.ts'
import { random } from '../../scan/support/corpus.ts'
import { type Bound, bindBytes, piecesAt, readWork, scanBytes } from '../../scan/support/harness.ts'
import {
  type Alignment,
  alignmentsOf,
  FILES,
  FOLDER,
  hasSamtools,
  present,
  samLine,
  viewed,
} from './support.ts'

const bind = (path: string): Promise<Bound> => bindBytes(readFileSync(join(FOLDER, path)), 'bam')

describe.skipIf(!present || !hasSamtools)('real files', () => {
  it('are all there', () => expect(FILES.length).toBeGreaterThanOrEqual(16))

  it.each(FILES)('%s: as samtools view prints it', async (path) => {
    const bound = await bind(path)
    const { rows, index } = await scanBytes(bound)
    const alignments = alignmentsOf(bound.layout, rows)
    expect(alignments.map(samLine)).toEqual(viewed([join(FOLDER, path)]))
    expect(alignments.map(({ record }) => record)).toEqual(alignments.map((_, i) => BigInt(i)))
    const run = runOf(index, { firstRow: 0, rows: index.rows })
    if (run !== undefined) expect((await readWork(bound, run)).rows).toEqual(rows)
    // Cut anywhere, no piece loses its place.
    const { size } = bound.source
    const cut = await scanBytes(
      bound,
      piecesAt(
        bound,
        [0.2, 0.45, 0.7].map((share) => Math.floor(size * share)),
      ),
    )
    expect(cut.rows).toEqual(rows)
  })

  const indexed = FILES.flatMap((path) =>
    ['.bai', '.csi']
      .filter((ending) => existsSync(join(FOLDER, path + ending)))
      .map((ending) => [path, ending]),
  )
  it.each(indexed)('%s%s: regions as samtools view finds them', async (path, ending) => {
    const file = join(FOLDER, path!)
    const bound = await bind(path!)
    const { rows, index } = await scanBytes(bound)
    const all = alignmentsOf(bound.layout, rows)
    const { store, key } = locate(bound.source.uri + ending)
    await store.put(key, readFileSync(file + ending!))
    const next = random(9)
    const placed = all.filter(({ rname, pos }) => rname !== null && pos !== null)
    for (let i = 0; i < 15 && placed.length > 0; i++) {
      const { rname, pos } = placed[next(placed.length)]!
      const from = Math.max(1, Number(pos) - 60 + next(120))
      const to = from + next(i % 3 === 0 ? 3 : 2000)
      const conditions: Condition[] = [
        { column: 'rname', op: '=', values: [String(rname)] },
        { column: 'pos', op: '<=', values: [to] },
        { column: 'end_pos', op: '>=', values: [from] },
      ]
      const holds = (row: Alignment): boolean =>
        row.rname === rname && row.pos !== null && Number(row.pos) <= to && Number(row.end_pos) >= from
      const region = `{${String(rname)}}:${from}-${to}`
      const expected = viewed(['-X', file, file + ending, region])
      const pieces = await bound.format.narrow!(
        { head: bound.file.head, source: bound.source, beside: bound.file.beside, signal: undefined },
        bound.layout,
        conditions,
      )
      expect(pieces).toBeDefined()
      const narrowed: Alignment[] = []
      for (const piece of pieces!)
        narrowed.push(...alignmentsOf(bound.layout, (await readWork(bound, piece)).rows))
      expect(narrowed.filter(holds).map(samLine)).toEqual(expected)
      const pruned: Alignment[] = []
      for (const range of pruneRows(index, conditions))
        pruned.push(...alignmentsOf(bound.layout, (await readWork(bound, runOf(index, range)!)).rows))
      expect(pruned.filter(holds).map(samLine)).toEqual(expected)
    }
  })
})
