/** Parquet files as DuckDB reads them, and as we do. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { formatNamed } from '../../../src/formats/registry.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { runOf } from '../../../src/index/runs.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { type Bound, type Rows, readWork } from '../../scan/support/harness.ts'
import { DATA, hasData } from '../../sql/runner.ts'

const root = join(import.meta.dirname, '../../..')
const interpreter = join(root, '.tools/reference/bin/python')

/** Whether pyarrow is here, which makes files of all encodings; under CI it must be. */
export const hasArrow = existsSync(interpreter)
if (!hasArrow && process.env.CI === 'true') throw new Error(`${interpreter} is missing`)
if (!hasArrow) console.warn(`SKIPPED: ${interpreter} is missing, so no file was made by pyarrow`)
if (!hasData() && process.env.CI === 'true') throw new Error(`${DATA} is missing`)
if (!hasData()) console.warn(`SKIPPED: ${DATA} is missing, so no real Parquet file was read`)

/** Real files: name and path. */
export const realFiles: readonly (readonly [name: string, path: string])[] = hasData()
  ? readdirSync(join(DATA, 'parquet'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.parquet'))
      .sort()
      .map((name) => [name, join(DATA, 'parquet', name)] as const)
  : []

export interface MadeFiles {
  readonly folder: string
  readonly names: readonly string[]
  bytes(name: string): Buffer
  remove(): void
}

/** The files of fixtures/parquet/make.py. */
export function makeFiles(): MadeFiles {
  const folder = mkdtempSync(join(tmpdir(), 'varve-parquet-'))
  if (hasArrow) execFileSync(interpreter, [join(root, 'fixtures/parquet/make.py'), folder])
  return {
    folder,
    names: readdirSync(folder).sort(),
    bytes: (name) => readFileSync(join(folder, name)),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** The file of fixtures/parquet/large.py: twenty columns, one row group for every 122,880 rows. */
export function makeLarge(rows: number): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'varve-parquet-'))
  try {
    const path = join(folder, 'large.parquet')
    execFileSync(interpreter, [join(root, 'fixtures/parquet/large.py'), path, String(rows)])
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** All rows of a file, by the blocks that it lists. */
export async function readAll(bound: Bound, columns?: number[], firstRow = 0, rows?: number): Promise<Rows> {
  const index = await listed(bound)
  const run = runOf(index, { firstRow, rows: rows ?? index.rows - firstRow }, () => undefined)
  return run === undefined || run.rows === 0 ? [] : (await readWork(bound, run, columns)).rows
}

/** The blocks that the file lists, as its index. */
export async function listed({ source, format, layout }: Bound): Promise<PartitionIndex> {
  const { segments } = await format.blocks!(source, layout, {})
  const { uri, identity, size } = source
  return memoryIndex({ uri, identity, size, layout }, segments)
}

/** A file that stands in no store. */
export async function openSource(source: ByteSource): Promise<Bound> {
  const format = formatNamed('parquet')
  const head = parseHead(source.uri, await source.read(0, Math.min(source.size, 1 << 20)), false)
  const layout = await format.layout({ head, source, beside: async () => undefined, signal: undefined }, {})
  return { source, format, layout } as Bound
}
