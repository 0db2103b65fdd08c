/** The laws of slices, projection and pushdown on FASTA in all containers. */

import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pruneRows } from '../../../src/index/prune.ts'
import { runOf } from '../../../src/index/runs.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { makeSliceHandle } from '../../../src/library/slice.ts'
import { runOfSlice } from '../../../src/scan/read-slices.ts'
import { anySizes, CONTAINERS, type Packing, pack, type Value } from '../../scan/support/corpus.ts'
import {
  type Bound,
  piecesAt,
  readSlices,
  readWork,
  scanBytes,
  textOf,
  threadless,
} from '../../scan/support/harness.ts'
import { anyFasta, bindFasta, type FastaFile, fastaFile, PLAIN, residuesOf, tinyFasta } from './support.ts'

const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

const piecesOf = (bound: Bound, packing: Packing, cuts: readonly number[]) =>
  packing === 'gzip' || packing === 'members'
    ? undefined
    : piecesAt(
        bound,
        cuts.map((cut) => Math.floor(cut * bound.source.size)),
      )

interface Part {
  readonly rows: Value[][]
  readonly text: string
}

/** Rows and text of a strategy's slices, each after a trip through JSON. */
async function slicesBy(
  bound: Bound,
  index: PartitionIndex,
  name: string,
  args: Record<string, number>,
  columns?: number[],
): Promise<Part[]> {
  const parts: Part[] = []
  for (const [i, cut] of cutRows(index, { name, args }, bound.format.strategies).entries()) {
    const slice = parseSlice(sliceToJson(makeSlice(index, cut, i === 0)))
    const run = await runOfSlice(slice, undefined)
    const { rows } = run === undefined ? { rows: [] } : await readWork(bound, run, columns)
    parts.push({ rows, text: (await textOf(makeSliceHandle(slice, threadless).text())).toString() })
  }
  return parts
}

/** Rows with the parts of a record put together again: what slices inside of sequences are parts of. */
function joined(parts: readonly Part[]): Value[][] {
  const rows = new Map<Value, Value[]>()
  for (const row of parts.flatMap((part) => part.rows)) {
    const [, , sequence, length, offset, record] = row as [string, string, string, bigint, bigint, bigint]
    const before = rows.get(record)
    expect(BigInt(sequence.length)).toBe(length)
    if (before === undefined) rows.set(record, [...row])
    else {
      expect([row[0], row[1], offset]).toEqual([before[0], before[1], before[3]])
      before[2] = `${before[2] as string}${sequence}`
      before[3] = (before[3] as bigint) + length
    }
  }
  return [...rows.values()]
}

const anyStrategy = fc.oneof(
  fc.integer({ min: 1, max: 30 }).map((n) => ['count', { n }] as const),
  fc.integer({ min: 1, max: 6 }).map((rows) => ['rows', { rows }] as const),
  fc.integer({ min: 1, max: 300 }).map((bytes) => ['bytes', { bytes }] as const),
  fc.integer({ min: 1, max: 6 }).map((n) => ['sequences', { n }] as const),
)

describe.each(CONTAINERS)('in %s', (packing) => {
  it('law of slices: whole records', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFasta,
        anySizes,
        anyCuts,
        fc.array(anyStrategy, { minLength: 1, maxLength: 2 }),
        async ({ raw, rows }, sizes, cuts, strategies) => {
          const bound = await bindFasta(pack(raw, packing, sizes))
          const { index, rows: read } = await scanBytes(bound, piecesOf(bound, packing, cuts))
          expect(read).toEqual(rows)
          for (const [strategy, args] of strategies) {
            const slices = await readSlices(bound, index, strategy, args)
            expect(slices.flatMap((slice) => slice.rows)).toEqual(rows)
            if (slices.length > 0)
              expect(Buffer.concat(slices.map((slice) => slice.text)).toString()).toBe(raw.toString())
          }
        },
      ),
      { numRuns: 8 },
    )
  })

  it('law of slices: residues, whose parts are the sequences', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFasta,
        anySizes,
        anyCuts,
        fc.integer({ min: 9, max: 90 }),
        async ({ raw, rows }, sizes, cuts, n) => {
          const bound = await bindFasta(pack(raw, packing, sizes))
          const { index } = await scanBytes(bound, piecesOf(bound, packing, cuts), [])
          const parts = await slicesBy(bound, index, 'residues', { n })
          for (const part of parts) {
            const residues = part.rows.reduce((sum, row) => sum + Number(row[3]), 0)
            expect(residues).toBeLessThanOrEqual(n)
          }
          expect(joined(parts)).toEqual(rows.map((row) => [...row]))
          // What `cat` gives is FASTA, whose residues are those of the slice.
          for (const { rows: own, text } of parts) {
            if (text === '') continue
            const again = await bindFasta(Buffer.from(text))
            const { rows: read } = await scanBytes(again)
            expect(read.map((row) => row[2])).toEqual(own.map((row) => row[2]))
          }
        },
      ),
      { numRuns: 8 },
    )
  })

  it('the index says the same, whoever builds it and whatever is read meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(anyFasta, anySizes, fc.uniqueArray(fc.nat(5)), async ({ raw }, sizes, columns) => {
        const bytes = pack(raw, packing, sizes)
        const shape = async (wanted?: number[]) => {
          const bound = await bindFasta(bytes)
          return (await scanBytes(bound, undefined, wanted)).index.segments
        }
        expect(await shape(columns)).toEqual(await shape([]))
      }),
      { numRuns: 6 },
    )
  })

  it('each segment with a row decodes alone; zones hold what is in them', async () => {
    await fc.assert(
      fc.asyncProperty(anyFasta, anySizes, anyCuts, async ({ raw, rows }, sizes, cuts) => {
        const bound = await bindFasta(pack(raw, packing, sizes))
        const { index } = await scanBytes(bound, piecesOf(bound, packing, cuts))
        for (const [i, { firstRow, rows: count }] of index.segments.entries()) {
          const [window] = await index.windows(i, i + 1)
          const run = runOf(index, { firstRow, rows: count }, () => window)
          if (run === undefined) continue
          expect((await readWork(bound, run)).rows).toEqual(rows.slice(firstRow, firstRow + count))
        }
        for (const row of rows) {
          const conditions = [
            { column: 'id', op: '=', values: [row[0] as string] },
            { column: 'length', op: '=', values: [row[3] as bigint] },
            { column: 'offset', op: '=', values: [0] },
            row[1] === null
              ? ({ column: 'description', op: 'is null', values: [] } as const)
              : ({ column: 'description', op: '=', values: [row[1] as string] } as const),
          ] as const
          const kept = pruneRows(index, conditions)
          const record = Number(row[5])
          expect(kept.some(({ firstRow, rows: n }) => record >= firstRow && record < firstRow + n)).toBe(true)
        }
      }),
      { numRuns: 6 },
    )
  })
})

describe('sizes as they are', () => {
  const sequences = [
    { id: 'short1', description: 'one', residues: residuesOf(500, 1) },
    { id: 'long1', description: 'a long one', residues: residuesOf(900_000, 2) },
    { id: 'short2', description: null, residues: residuesOf(900, 3) },
    { id: 'short3', description: null, residues: '' },
    { id: 'long2', description: null, residues: residuesOf(300_000, 4) },
    { id: 'long3', description: 'last', residues: residuesOf(2_000_000, 5) },
  ]
  const file: FastaFile = fastaFile(sequences, { ...PLAIN, wrap: 70 })

  it.each(CONTAINERS)('long sequences have segments inside of them: %s', async (packing) => {
    const bytes = packing === 'gzip' ? gzipSync(file.raw) : pack(file.raw, packing, [65_280])
    const bound = { ...(await bindFasta(bytes)), format: (await bindFasta(bytes, undefined)).file.format }
    const { index, rows } = await scanBytes(bound, piecesOf(bound, packing, [0.2, 0.25, 0.5, 0.9]))
    expect(rows.map((row) => [row[0], row[3]])).toEqual(file.rows.map((row) => [row[0], row[3]]))
    // One for the short ones between two long ones; of the long ones one for each 128 KiB.
    expect(index.segments.filter((segment) => segment.rows > 0).length).toBeLessThanOrEqual(7)
    expect(index.segments.length).toBeGreaterThan(20)
    const parts = await slicesBy(bound, index, 'residues', { n: 100_000 })
    expect(joined(parts)).toEqual(file.rows.map((row) => [...row]))
    expect(parts.length).toBe(1 + 9 + 1 + 3 + 20)
    expect(parts[5]!.text.slice(0, 40)).toBe(
      '>long1:400001-500000 a long one\n'.padEnd(32) + parts[5]!.text.slice(32, 40),
    )
  })

  it('a slice inside of a sequence reads what it needs', async () => {
    const bound = await bindFasta(file.raw)
    const real = { ...bound, format: bound.file.format }
    const { index } = await scanBytes(real)
    const cuts = cutRows(index, { name: 'residues', args: { n: 100_000 } }, real.format.strategies)
    for (const cut of cuts) {
      const { run } = makeSlice(index, cut, false)
      expect(run!.end - run!.point.source).toBeLessThan(100_000 * 1.02 + 2 * 128 * 1024)
    }
  })

  it('an id is its own slice', async () => {
    const bound = await bindFasta(file.raw)
    const real = { ...bound, format: bound.file.format }
    const { index } = await scanBytes(real)
    const ids = cutRows(index, { name: 'ids', args: { ids: 'long2,long1' } }, real.format.strategies)
    const read = []
    for (const cut of ids) {
      const slice = makeSlice(index, cut, false)
      expect(slice.run!.end - slice.run!.point.source).toBeLessThan(950_000)
      read.push(...(await readWork(real, (await runOfSlice(slice, undefined))!, [0, 3])).rows)
    }
    expect(read).toEqual([
      ['long2', 300_000n],
      ['long1', 900_000n],
    ])
    expect(() =>
      cutRows(index, { name: 'ids', args: { ids: 'long2,nobody' } }, real.format.strategies),
    ).toThrow('no sequence of the file is called "nobody"')
  })
})

describe('named regressions', () => {
  it('a part behind the end of a record is not one of the next record', async () => {
    const bound = await bindFasta(Buffer.from('>\n>\nAAAAA'))
    const { index } = await scanBytes(bound)
    const parts = await slicesBy(bound, index, 'residues', { n: 4 })
    expect(parts.flatMap((part) => part.rows).map((row) => row.slice(2))).toEqual([
      ['', 0n, 0n, 0n],
      ['AAAA', 4n, 0n, 1n],
      ['A', 1n, 4n, 1n],
    ])
  })

  it('a part that begins with ">" is no title', async () => {
    const bound = await bindFasta(Buffer.from('>a\nAA>;AA\n'))
    const { index } = await scanBytes(bound)
    const parts = await slicesBy(bound, index, 'residues', { n: 2 })
    expect(parts.map((part) => part.text)).toEqual(['>a:1-2\nAA\n', '>a:3-4\n >;\n', '>a:5-6\nAA\n'])
  })
})

describe('slices that were cut before there were stretches', () => {
  it('are read as they were', async () => {
    const bound = await bindFasta(Buffer.from('>a\nACGT\n>b\nGG\n'))
    const { index } = await scanBytes(bound)
    const json = sliceToJson(makeSlice(index, { firstRow: 1, rows: 1 }, false))
    expect(json).not.toContain('within')
    expect(parseSlice(json).v).toBe(1)
    expect(tinyFasta.name).toBe('fasta')
  })
})
