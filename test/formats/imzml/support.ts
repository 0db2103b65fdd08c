/** Images as pyimzML reads them, and as we do. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import type { ColumnBatch } from '../../../src/formats/batch.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { formatNamed } from '../../../src/formats/registry.ts'
import type { Condition, Format, Layout, Run, SourceRef } from '../../../src/formats/types.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { runOf } from '../../../src/index/runs.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { batchRows, hooks, type Rows } from '../../scan/support/harness.ts'

const root = join(import.meta.dirname, '../../..')
const fixtures = join(root, 'fixtures/imzml')
const interpreter = join(root, '.tools/reference/bin/python')

/** Whether pyimzML is here; under CI it must be. */
export const hasPyimzml = existsSync(interpreter)
if (!hasPyimzml && process.env.CI === 'true') throw new Error(`${interpreter} is missing`)
if (!hasPyimzml) console.warn(`SKIPPED: ${interpreter} is missing, so nothing was compared with pyimzML`)

export interface Made {
  readonly path: string
  readonly mode: 'continuous' | 'processed'
  readonly width: number
  readonly height: number
  readonly points: number
  readonly seed: number
  readonly depth?: number
  readonly mz?: string
  readonly intensity?: string
  readonly zlib?: readonly ('mz' | 'intensity')[]
  readonly vary?: boolean
}

/** Python takes a second to start: one process does all of a test file's jobs. */
function python(script: string, input: unknown): string {
  return execFileSync(interpreter, [join(fixtures, script)], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
}

export function makeImages(images: readonly Made[]): void {
  python('make.py', images)
}

export interface Dumped {
  readonly coordinates: readonly (readonly [number, number, number])[]
  readonly mz: readonly Float64Array[]
  readonly intensity: readonly ArrayLike<number | bigint>[]
  readonly intensityKind: string
  readonly metadata: Readonly<Record<string, readonly (number | null)[]>>
}

const ARRAYS: Readonly<
  Record<
    string,
    {
      readonly kind: string
      readonly of: (bytes: ArrayBuffer) => Float32Array | Float64Array | Int32Array | BigInt64Array
    }
  >
> = {
  '<f4': { kind: 'float32', of: (bytes) => new Float32Array(bytes) },
  '<f8': { kind: 'float64', of: (bytes) => new Float64Array(bytes) },
  '<i4': { kind: 'int32', of: (bytes) => new Int32Array(bytes) },
  '<i8': { kind: 'int64', of: (bytes) => new BigInt64Array(bytes) },
}

/** All that pyimzML says of images. */
export function dumpAll(paths: readonly string[]): Dumped[] {
  const folder = mkdtempSync(join(tmpdir(), 'varve-imzml-dump-'))
  try {
    const found = JSON.parse(
      python(
        'dump.py',
        paths.map((path, i) => ({ path, folder: join(folder, String(i)) })),
      ),
    ) as {
      error?: string
      coordinates: [number, number, number][]
      mzLengths: number[]
      intensityLengths: number[]
      intensityType: string
      metadata: Record<string, (number | null)[]>
    }[]
    return found.map(({ error, coordinates, mzLengths, intensityLengths, intensityType, metadata }, i) => {
      if (error !== undefined) throw new Error(`pyimzML: ${paths[i]}: ${error}`)
      const bytes = (name: string): ArrayBuffer =>
        new Uint8Array(readFileSync(join(folder, String(i), name))).buffer
      const { kind, of } = ARRAYS[intensityType]!
      return {
        coordinates,
        mz: split(new Float64Array(bytes('mz.bin')), mzLengths),
        intensity: split(of(bytes('intensity.bin')), intensityLengths),
        intensityKind: kind,
        metadata,
      }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function split<T extends { subarray(from: number, to: number): T }>(
  values: T,
  lengths: readonly number[],
): T[] {
  let at = 0
  return lengths.map((length) => values.subarray(at, (at += length)))
}

/** An image in memory, its format and layout known. */
export interface Image {
  readonly source: ByteSource
  readonly format: Format
  readonly layout: Layout
  readonly index: PartitionIndex
  /** What was read of the .ibd, as [start, end). */
  readonly reads: [number, number][]
  readonly attach: (ref: SourceRef) => ByteSource
}

export function bytesSource(uri: string, bytes: Uint8Array, reads: [number, number][] = []): ByteSource {
  return {
    uri,
    size: bytes.length,
    identity: 'test',
    async read(start, end) {
      reads.push([start, end])
      return bytes.slice(start, end)
    },
  }
}

/** The image of these two files; `ibd` may be missing. */
export async function openImage(xml: Uint8Array, ibd: Uint8Array | ByteSource | undefined): Promise<Image> {
  const reads: [number, number][] = []
  const source = bytesSource('memory://x/image.imzML', xml)
  const beside = ibd instanceof Uint8Array ? bytesSource('memory://x/image.ibd', ibd, reads) : ibd
  const format = formatNamed('imzml')
  const head = parseHead(source.uri, xml, true)
  const found = await format.layout({ head, source, beside: async () => beside, signal: undefined }, {})
  const layout = JSON.parse(JSON.stringify(found)) as Layout
  const { segments, complete } = await format.blocks!(source, layout, {})
  expect(complete).toBe(true)
  const { uri, identity, size } = source
  const index = memoryIndex({ uri, identity, size, layout }, segments)
  return { source, format, layout, index, reads, attach: () => beside! }
}

export function openFiles(path: string): Promise<Image> {
  return openImage(readFileSync(path), readFileSync(path.replace(/imzML$/, 'ibd')))
}

export const columnNamed = ({ layout }: Pick<Image, 'layout'>, name: string): number =>
  layout.columns.findIndex((column) => column.name === name)

export interface ReadOptions {
  readonly columns?: readonly number[]
  readonly firstRow?: number
  readonly rows?: number
  readonly measure?: boolean
  readonly conditions?: readonly Condition[]
}

export async function readBatches(image: Image, options: ReadOptions = {}): Promise<ColumnBatch[]> {
  const { index, layout, format, source, attach } = image
  const { firstRow = 0, rows = index.rows - firstRow, measure, conditions } = options
  const columns = options.columns ?? layout.columns.map((_, i) => i)
  const windows = await index.windows(0, index.segments.length, undefined)
  const work = runOf(index, { firstRow, rows }, (segment) => windows[segment])
  if (work === undefined) return []
  const run: Run = measure === true ? { ...work, measure: true } : work
  const batches: ColumnBatch[] = []
  for await (const batch of format.read(source, layout, run, columns, { ...hooks, attach, conditions }))
    batches.push(batch)
  return batches
}

export async function readRows(image: Image, options: ReadOptions = {}): Promise<Rows> {
  const columns = options.columns ?? image.layout.columns.map((_, i) => i)
  const types = columns.map((column) => image.layout.columns[column]!.type)
  return (await readBatches(image, options)).flatMap((batch) => batchRows(batch, types))
}

/** Fails unless all that both say of the image is the same, to the last bit. */
export async function expectSame(image: Image, dumped: Dumped): Promise<void> {
  const rows = await readRows(image)
  const at = (name: string): unknown[] => rows.map((row) => row[columnNamed(image, name)])
  expect(rows.length).toBe(dumped.coordinates.length)
  expect(['x', 'y', 'z'].map(at)).toEqual(
    [0, 1, 2].map((axis) => dumped.coordinates.map((place) => place[axis])),
  )
  expect(at('spectrum')).toEqual(dumped.coordinates.map((_, i) => BigInt(i)))
  for (const name of ['mz', 'intensity'] as const) {
    const found = at(name) as (number | bigint)[][]
    found.forEach((values, i) => {
      const expected = dumped[name][i]!
      const wrong = values.findIndex((value, k) => !Object.is(value, expected[k]))
      // One by one: thousands of values make a poor message.
      if (wrong >= 0 || values.length !== expected.length)
        expect(`${name} of ${i}: [${wrong}] of ${values.length} is ${values[wrong]}`).toBe(
          `${name} of ${i}: [${wrong}] of ${expected.length} is ${expected[wrong]}`,
        )
    })
  }
  for (const [name, values] of Object.entries(dumped.metadata))
    expect([name, at(name)]).toEqual([name, values])
  const { type } = image.layout.columns[columnNamed(image, 'intensity')]!
  expect(type).toEqual({ kind: 'list', item: { kind: dumped.intensityKind } })
}
