/** Files that list their own blocks: the laws of slices and pushdown, what is fetched, what a bad block does. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError } from '../../../src/errors.ts'
import { blockFormat } from '../../../src/formats/blocks/format.ts'
import { parseHead } from '../../../src/formats/head.ts'
import type { Cut, Format, Layout, ReadHooks, Run } from '../../../src/formats/types.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { readIndex } from '../../../src/index/read.ts'
import { runOf, segmentsOf } from '../../../src/index/runs.ts'
import { makeSlice, parseSlice, sliceBytes, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { writeIndex } from '../../../src/index/write.ts'
import { filterRows } from '../../../src/scan/filter.ts'
import { runOfSlice } from '../../../src/scan/read-slices.ts'
import { locate } from '../../../src/store/index.ts'
import { hooks, type Rows, readWork } from '../../scan/support/harness.ts'
import { BAD, type NumberBlock, numbersFile, numbersFormat } from './numbers.ts'

interface File {
  readonly source: ByteSource
  readonly format: Format
  readonly layout: Layout
  readonly index: PartitionIndex
  readonly values: readonly number[]
}

let files = 0

/** A file of these blocks with its index, which was stored and read back. */
async function fileOf(blocks: readonly NumberBlock[], complete = false): Promise<File> {
  const format = blockFormat(numbersFormat(complete))
  const uri = `memory://numbers/${files++}`
  const source = memorySource(uri, numbersFile(blocks))
  const head = parseHead(uri, await source.read(0, source.size), true)
  const layout = await format.layout({ head, source, beside: async () => undefined, signal: undefined }, {})
  const { segments } = await format.blocks!(source, layout, { signal: undefined })
  const facts = { uri, identity: source.identity, size: source.size, layout }
  const listed = memoryIndex(facts, segments)
  const run = runOf(listed, { firstRow: 0, rows: listed.rows }, (i) => segments[i]!.point.window)
  const measured = complete || run === undefined ? undefined : { ...run, measure: true as const }
  const known = measured && (await readWork(bound({ source, format, layout }), measured)).result
  const bytes = writeIndex({ ...facts, rows: listed.rows, raw: listed.raw }, known?.segments ?? segments)
  const { store, key } = locate(`memory://numbers-index/${files}`)
  await store.put(key, bytes)
  const index = await readIndex((await store.open(key))!, { ...facts, format: 'numbers' })
  return { source, format, layout, index, values: blocks.flatMap(({ values }) => values) }
}

const bound = (file: Pick<File, 'source' | 'format' | 'layout'>) =>
  file as unknown as Parameters<typeof readWork>[0]

async function readRun(
  file: File,
  run: Run,
  columns?: number[],
  more: Partial<ReadHooks> = {},
): Promise<Rows> {
  return (await readWork(bound(file), run, columns, more)).rows
}

const rowsOf = (values: readonly number[]): Rows => values.map((value, i) => [value, BigInt(i)])

const anyBlocks = fc.array(
  fc.record({
    values: fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 20 }),
    added: fc.integer({ min: -5, max: 5 }),
  }),
  { maxLength: 12 },
)

/** The rows of a slice after a trip through JSON, with its condition, as a worker reads it. */
async function sliceRows(file: File, cut: Cut, first: boolean): Promise<Rows> {
  const slice = parseSlice(sliceToJson(makeSlice(file.index, cut, first)))
  const run = await runOfSlice(slice, undefined)
  if (run === undefined) return []
  const rows: Rows = []
  for await (const batch of file.format.read(file.source, file.layout, run, [0, 1], hooks)) {
    const kept = filterRows(batch, [0, 1], file.layout.columns, slice.where ?? [])
    const [value, record] = kept.columns
    for (let i = 0; i < kept.rows; i++) rows.push([value!.values![i]!, record!.values![i]!])
  }
  return rows
}

describe('the law of slices', () => {
  test.each([
    ['count', 'n'],
    ['rows', 'rows'],
    ['bytes', 'bytes'],
  ])('by %s: every row once, in order', async (name, argument) => {
    await fc.assert(
      fc.asyncProperty(anyBlocks, fc.integer({ min: 1, max: 60 }), async (blocks, value) => {
        const file = await fileOf(blocks)
        const found: Rows = []
        const cuts = cutRows(file.index, { name, args: { [argument]: value } })
        for (const [i, cut] of cuts.entries()) found.push(...(await sliceRows(file, cut, i === 0)))
        expect(found).toEqual(rowsOf(file.values))
      }),
      { numRuns: 60 },
    )
  })

  test('by conditions: each row in the slice of its box', async () => {
    await fc.assert(
      fc.asyncProperty(anyBlocks, fc.integer({ min: -50, max: 50 }), async (blocks, edge) => {
        const file = await fileOf(blocks)
        const below = await sliceRows(file, { where: [{ column: 'value', op: '<', values: [edge] }] }, true)
        const rest = await sliceRows(file, { where: [{ column: 'value', op: '>=', values: [edge] }] }, false)
        const all = rowsOf(file.values)
        expect(below).toEqual(all.filter(([value]) => (value as number) < edge))
        expect(rest).toEqual(all.filter(([value]) => (value as number) >= edge))
      }),
      { numRuns: 60 },
    )
  })
})

test('the law of pushdown: no row that fulfils the condition is pruned', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyBlocks,
      fc.boolean(),
      fc.integer({ min: -110, max: 110 }),
      async (blocks, complete, edge) => {
        const file = await fileOf(blocks, complete)
        const found: Rows = []
        for (const range of pruneRows(file.index, [{ column: 'value', op: '>', values: [edge] }])) {
          const { from, to } = segmentsOf(file.index, range)
          const windows = await file.index.windows(from, to)
          found.push(...(await readRun(file, runOf(file.index, range, (i) => windows[i - from])!)))
        }
        const holds = ([value]: Rows[number]): boolean => (value as number) > edge
        expect(found.filter(holds)).toEqual(rowsOf(file.values).filter(holds))
        // Blocks of which no value fulfils it are not read.
        const kept = blocks.filter(({ values }) => values.some((value) => value > edge))
        expect(found.length).toBe(kept.reduce((sum, { values }) => sum + values.length, 0))
      },
    ),
    { numRuns: 60 },
  )
})

describe('what is fetched', () => {
  const blocks = Array.from({ length: 40 }, (_, i) => ({ values: [i, i, i, i], added: 0 }))

  const counted = (source: ByteSource): { source: ByteSource; reads: [number, number][] } => {
    const reads: [number, number][] = []
    const read: ByteSource['read'] = (start, end, options) => {
      reads.push([start, end])
      return source.read(start, end, options)
    }
    return { source: { ...source, read }, reads }
  }

  test('blocks that stand near each other come with one request', async () => {
    const file = await fileOf(blocks)
    const { source, reads } = counted(file.source)
    const run = await runOfSlice(makeSlice(file.index, { firstRow: 0, rows: 160 }, true), undefined)
    expect(await readRun({ ...file, source }, run!)).toEqual(rowsOf(file.values))
    expect(reads).toEqual([[4 + 40 * 12, file.source.size]])
  })

  test('nothing when only the rows count, and the first block alone when only the first rows are wanted', async () => {
    const file = await fileOf(blocks)
    const { source, reads } = counted(file.source)
    const run = (await runOfSlice(makeSlice(file.index, { firstRow: 0, rows: 160 }, true), undefined))!
    const none = await readRun({ ...file, source }, run, [])
    expect([none.length, reads]).toEqual([160, []])
    // All in one batch: each one is a message to other threads.
    expect((await file.format.read(source, file.layout, run, [], hooks).next()).value).toMatchObject({
      rows: 160,
    })
    const batches = file.format.read(source, file.layout, run, [0], { ...hooks, small: true })
    expect((await batches.next()).value).toMatchObject({ rows: 4 })
    await batches.return(undefined)
    expect(reads).toEqual([[file.source.size - 16, file.source.size]])
  })

  test('a slice says which bytes it may touch, wherever its blocks stand', async () => {
    const file = await fileOf(blocks)
    const slice = makeSlice(file.index, { firstRow: 4, rows: 8 }, false)
    expect(sliceBytes(slice)).toEqual({ start: file.source.size - 48, end: file.source.size - 16 })
  })
})

describe('a bad block', () => {
  const blocks = [
    { values: [1, 2], added: 0 },
    { values: [3, BAD], added: 0 },
    { values: [5], added: 0 },
  ]
  const whole = async (file: File): Promise<Run> =>
    (await runOfSlice(makeSlice(file.index, { firstRow: 0, rows: file.index.rows }, true), undefined))!

  test('is an error that names file, byte and record', async () => {
    const file = await fileOf(blocks, true)
    const thrown = await readRun(file, await whole(file)).catch((error: unknown) => error)
    expect(isVarveError(thrown, 'invalid-data')).toBe(true)
    const byte = file.source.size - 16
    expect((thrown as Error).message).toBe(`numbers: a bad value (${file.source.uri} @ byte ${byte})`)
    expect(thrown).toMatchObject({ details: { byte, record: 2 } })
  })

  test('is passed over and reported when errors are ignored', async () => {
    const file = await fileOf(blocks, true)
    const rejects: unknown[] = []
    const more: Partial<ReadHooks> = { ignoreErrors: true, onReject: (bad) => void rejects.push(bad.record) }
    expect(await readRun(file, await whole(file), undefined, more)).toEqual([
      [1, 0n],
      [2, 1n],
      [5, 4n],
    ])
    expect(rejects).toEqual([2])
  })

  test('whose list points behind the end of the file is damage, not an allocation', async () => {
    const file = await fileOf(blocks, true)
    const run = await whole(file)
    const parts = run.parts!.map((part) => ({ ...part, end: part.end + 2 ** 40 }))
    await expect(readRun(file, { ...run, parts })).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringMatching(
        /^a block stands at bytes \d+ to \d+, but the file has \d+ \(/,
      ) as string,
    })
  })
})
