/** Point clouds as laspy reads them, and as we do. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ColumnBatch } from '../../../src/formats/batch.ts'
import type { ReadHooks, Run, Segment } from '../../../src/formats/types.ts'
import { valuesFrom } from '../../../src/formats/values.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { runOf } from '../../../src/index/runs.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { type Bound, hooks } from '../../scan/support/harness.ts'

const root = join(import.meta.dirname, '../../..')
export const fixtures = join(root, 'fixtures/las')
const interpreter = join(root, '.tools/reference/bin/python')

/** Whether laspy is here; under CI it must be. */
export const hasLaspy = existsSync(interpreter)
if (!hasLaspy && process.env.CI === 'true') throw new Error(`${interpreter} is missing`)
if (!hasLaspy) console.warn(`SKIPPED: ${interpreter} is missing, so nothing was compared with laspy`)

export interface Dimension {
  readonly name: string
  readonly values: ArrayLike<number | bigint>
  /** Values of one point. */
  readonly width: number
}

export type Dumped =
  | { readonly points: number; readonly dimensions: readonly Dimension[] }
  | { readonly error: string }

const ARRAYS: Readonly<Record<string, (bytes: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  '|u1': (bytes) => new Uint8Array(bytes),
  '|i1': (bytes) => new Int8Array(bytes),
  '<u2': (bytes) => new Uint16Array(bytes),
  '<i2': (bytes) => new Int16Array(bytes),
  '<u4': (bytes) => new Uint32Array(bytes),
  '<i4': (bytes) => new Int32Array(bytes),
  '<u8': (bytes) => new BigUint64Array(bytes),
  '<i8': (bytes) => new BigInt64Array(bytes),
  '<f4': (bytes) => new Float32Array(bytes),
  '<f8': (bytes) => new Float64Array(bytes),
}

/** All that laspy with lazrs says of files, or of a box or the upper levels of a COPC file. */
export function dumpAll(jobs: readonly { path: string; query?: readonly (string | number)[] }[]): Dumped[] {
  const folder = mkdtempSync(join(tmpdir(), 'varve-las-'))
  try {
    const input = jobs.map(({ path, query = [] }, i) => ({ path, query, folder: join(folder, String(i)) }))
    const found = JSON.parse(python('dump.py', input)) as {
      error?: string
      points: number
      dimensions: { name: string; type: string; shape: number[] }[]
    }[]
    return found.map(({ error, points, dimensions }, job) => {
      if (error !== undefined) return { error }
      const read = dimensions.map(({ name, type, shape }, i) => {
        const bytes = new Uint8Array(readFileSync(join(folder, String(job), `${i}.bin`)))
        return { name, values: ARRAYS[type]!(bytes.buffer), width: shape[1] ?? 1 }
      })
      return { points, dimensions: read }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Python takes a second to start: one process does all of a test file's jobs. */
function python(script: string, input: unknown): string {
  return execFileSync(interpreter, [join(fixtures, script)], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
}

export interface Made {
  readonly format: number
  readonly points: number
  readonly seed: number
  readonly flags?: readonly string[]
  readonly ending?: 'las' | 'laz'
}

/** Files made by laspy, see fixtures/las/make.py; their paths. */
export function makeFiles(folder: string, files: readonly Made[]): string[] {
  const jobs = files.map(({ format, points, seed, flags = [], ending = 'laz' }) => {
    const path = join(folder, `${format}-${points}-${seed}-${flags.join('-')}.${ending}`)
    return [path, format, points, seed, ...flags] as const
  })
  python('make.py', jobs)
  return jobs.map(([path]) => path)
}

/** What the file lists of its blocks, as an index. */
export async function listed(bound: Bound): Promise<{ index: PartitionIndex; complete: boolean }> {
  const { source, format, layout } = bound
  const { segments, complete } = await format.blocks!(source, layout, {})
  const { uri, identity, size } = source
  return { index: memoryIndex({ uri, identity, size, layout }, segments), complete }
}

export interface ReadOptions {
  readonly columns?: readonly number[]
  readonly firstRow?: number
  readonly rows?: number
  readonly measure?: boolean
  readonly more?: Partial<ReadHooks>
}

/** Batches of rows of a file, straight from the format. */
export async function readBatches(
  bound: Bound,
  options: ReadOptions = {},
): Promise<{ batches: ColumnBatch[]; segments: readonly Segment[] }> {
  const { source, format, layout } = bound
  const { index } = await listed(bound)
  const columns = options.columns ?? layout.columns.map((_, i) => i)
  const batches: ColumnBatch[] = []
  const { firstRow = 0, rows = index.rows - firstRow } = options
  const windows = await index.windows(0, index.segments.length, undefined)
  const work = runOf(index, { firstRow, rows }, (segment) => windows[segment])
  if (work === undefined) return { batches, segments: [] }
  const job: Run = options.measure === true ? { ...work, measure: true } : work
  const reading = format.read(source, layout, job, columns, { ...hooks, ...options.more })
  for (;;) {
    const next = await reading.next()
    if (next.done === true) return { batches, segments: next.value?.segments ?? [] }
    batches.push(next.value)
  }
}

/** The values of a column, one after another. */
export function columnValues(bound: Bound, batches: readonly ColumnBatch[], column: number): unknown[] {
  const { type } = bound.layout.columns[column]!
  return batches.flatMap((batch) => valuesFrom(type, batch.columns[column]!))
}

/** Fails unless all values of all columns are those that laspy has. */
export function expectSame(bound: Bound, batches: readonly ColumnBatch[], dumped: Dumped): void {
  if ('error' in dumped) throw new Error(`laspy: ${dumped.error}`)
  const { columns } = bound.layout
  const names = columns.map(({ name }) => name)
  expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(dumped.points)
  const own = new Set(['record', 'level'])
  const shown = dumped.dimensions.map((dimension) => ({
    ...dimension,
    own: ownName(dimension, dumped.dimensions),
  }))
  expect(new Set(names.filter((name) => !own.has(name)))).toEqual(
    new Set(shown.map((dimension) => dimension.own)),
  )
  for (const { own: name, values, width } of shown) {
    const { type } = columns[names.indexOf(name)]!
    const kind = type.kind === 'list' ? type.item.kind : type.kind
    if (kind !== 'binary') expect(`${name} ${kind}`).toBe(`${name} ${kindOf(values)}`)
    const found = columnValues(bound, batches, names.indexOf(name))
    const flat = (
      width > 1 ? found.flatMap((value) => [...(value as Iterable<unknown>)]) : found
    ) as unknown[]
    const wrong = flat.findIndex((value, i) => !Object.is(value, values[i]))
    // One by one: a hundred thousand points make a poor message.
    if (wrong >= 0 || flat.length !== values.length)
      expect(`${name}[${wrong}] of ${flat.length} is ${flat[wrong]}`).toBe(
        `${name}[${wrong}] of ${values.length} is ${values[wrong]}`,
      )
  }
}

/** What SQL calls a dimension of laspy's: names differ in more than case, and the standard ones come first. */
function ownName({ name }: Dimension, all: readonly Dimension[]): string {
  const same = all.filter((other) => other.name.toLowerCase() === name.toLowerCase())
  return same[0]!.name === name ? name : `${name}_extra`
}

/** `uint16` of a Uint16Array. */
function kindOf(values: ArrayLike<number | bigint>): string {
  return values.constructor.name.replace('Array', '').replace('Big', '').toLowerCase()
}
