/** Rasters in this thread: opened, listed, read, and painted back into the image that they are. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memorySource } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import {
  type ColumnBatch,
  type ColumnValues,
  type ColumnVector,
  NUMBER_ARRAYS,
} from '../../../src/formats/batch.ts'
import { blockFormat } from '../../../src/formats/blocks/format.ts'
import { geotiff } from '../../../src/formats/geotiff/index.ts'
import { parseHead } from '../../../src/formats/head.ts'
import type { Options } from '../../../src/formats/text/types.ts'
import type { Blocks, Format, Layout, Run } from '../../../src/formats/types.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { runOf } from '../../../src/index/runs.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { hooks } from '../../scan/support/harness.ts'

const root = join(import.meta.dirname, '../../..')
export const PYTHON = join(root, '.tools/reference/bin/python')

/** Whether rasterio is here: said loudly where it is not, an error under CI. */
export function hasRasterio(): boolean {
  if (existsSync(PYTHON)) return true
  if (process.env.CI) throw new Error(`${PYTHON} is missing: scripts/reference.sh installs it`)
  console.error(
    '\nSKIPPED, THE REFERENCE PYTHON WITH RASTERIO IS MISSING: scripts/reference.sh installs it\n',
  )
  return false
}

const python = (script: string, args: readonly string[]): string =>
  execFileSync(PYTHON, [join(root, 'fixtures/geotiff', script), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })

/** Folders that a test makes, and removes when it is done. */
export function temporary(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'varve-geotiff-'))
  return { path, remove: () => rmSync(path, { recursive: true }) }
}

/** Rasters of every kind, written by GDAL. */
export function makeRasters(folder: string): void {
  python('make.py', [folder])
}

/** What GDAL says of a level of a file. */
export interface Oracle {
  readonly path: string
  readonly n: number
  readonly level: number
  readonly levels: number
  readonly width: number
  readonly height: number
  readonly block: readonly [number, number]
  readonly bands: number
  readonly dtype: string
  readonly nodata: string | null
  readonly flags: readonly string[]
  readonly crs: number | string | null
  readonly transform: readonly number[] | null
  readonly centre: readonly [number, number] | null
  readonly bounds: readonly [number, number, number, number] | null
}

export function oracles(folder: string, files: readonly string[]): Oracle[] {
  const lines = python('oracle.py', [folder, ...files])
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Oracle)
}

/** The level's bands one after the other, as GDAL reads them, and which of the values are something. */
export function oracleValues(
  folder: string,
  { n, dtype }: Oracle,
): { values: ColumnValues; mask: Uint8Array } {
  const Kind = NUMBER_ARRAYS[dtype as keyof typeof NUMBER_ARRAYS]
  const bytes = new Uint8Array(readFileSync(join(folder, `${n}.bin`)))
  const mask = new Uint8Array(readFileSync(join(folder, `${n}.mask`)))
  return { values: new Kind(bytes.buffer as ArrayBuffer), mask }
}

export interface RasterFile {
  readonly source: ByteSource
  readonly format: Format
  readonly layout: Layout
  readonly blocks: Blocks
  readonly index: PartitionIndex
}

let files = 0

export async function openSource(source: ByteSource, options: Options = {}): Promise<RasterFile> {
  const format = blockFormat(geotiff)
  const head = parseHead(source.uri, await source.read(0, Math.min(source.size, 1 << 16)), false)
  const file = { head, source, beside: async () => undefined, signal: undefined }
  // As in a slice: nothing but what JSON keeps.
  const layout = JSON.parse(JSON.stringify(await format.layout(file, options))) as Layout
  const blocks = await format.blocks!(source, layout, { signal: undefined })
  const { uri, identity, size } = source
  return {
    source,
    format,
    layout,
    blocks,
    index: memoryIndex({ uri, identity, size, layout }, blocks.segments),
  }
}

export function openBytes(bytes: Uint8Array, options: Options = {}): Promise<RasterFile> {
  return openSource(memorySource(`memory://rasters/${files++}.tif`, bytes), options)
}

/** The run of these rows, or all; undefined for none. */
export function runFor(file: RasterFile, firstRow = 0, rows = file.index.rows - firstRow): Run | undefined {
  return runOf(file.index, { firstRow, rows }, (i) => file.index.segments[i]!.point.window)
}

/** Batches of a run with these columns, by name. */
export async function* read(
  { format, source, layout }: RasterFile,
  run: Run | undefined,
  names: readonly string[],
): AsyncGenerator<{ readonly rows: number; readonly columns: Readonly<Record<string, ColumnVector>> }> {
  if (run === undefined) return
  const projection = names.map((name) => layout.columns.findIndex((column) => column.name === name))
  const batches: AsyncGenerator<ColumnBatch, unknown> = format.read(source, layout, run, projection, hooks)
  for await (const { rows, columns } of batches)
    yield { rows, columns: Object.fromEntries(names.map((name, i) => [name, columns[i]!])) }
}

export function isNull({ validity }: ColumnVector, row: number): boolean {
  return validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0
}

export function newImage(like: Oracle): ColumnValues {
  return new NUMBER_ARRAYS[like.dtype as keyof typeof NUMBER_ARRAYS](like.bands * like.width * like.height)
}

export const bandNames = (bands: number): string[] => Array.from({ length: bands }, (_, i) => `band_${i + 1}`)

/** A source that says which of its bytes were read. */
export function watched(bytes: Uint8Array): { source: ByteSource; ranges: [number, number][] } {
  const inner = memorySource('memory://watched.tif', bytes)
  const ranges: [number, number][] = []
  const source: ByteSource = {
    uri: inner.uri,
    size: inner.size,
    identity: inner.identity,
    read: (start, end, options) => {
      ranges.push([start, end])
      return inner.read(start, end, options)
    },
  }
  return { source, ranges }
}
