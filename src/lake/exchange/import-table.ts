/**
 * A bundle's table as one of this lake: read row by row, checked as if a user had given it, and written as this lake
 * writes tables. So nothing is believed of what a bundle says about its parts (keys, zones, hashes of the content);
 * rows that are in the lake already make parts that are there already.
 */

import { VarveError } from '../../errors.ts'
import { ClashFinder } from '../clashes.ts'
import { FILES } from '../files.ts'
import { checkTableName, pathProblem } from '../names.ts'
import { rowAt } from '../table/block.ts'
import { keyOf } from '../table/key.ts'
import { openTable, writeTable } from '../table/list.ts'
import { readTable } from '../table/read.ts'
import { rewriteTable } from '../table/rewrite.ts'
import { rowChecker } from '../table/rules.ts'
import type { Change, Lake, Row, Table, TableRef } from '../types.ts'
import { inBundle, notWhole } from './open-bundle.ts'

export interface ImportTableOptions {
  /** The bundle, for messages. */
  readonly file: string
  /** Files with a checksum are the lake's own now, wherever they were registered. */
  readonly isBrought: boolean
  readonly signal?: AbortSignal | undefined
}

/** Writes the table's parts, list and schema; `invalid-data` when it is not what a table must be. */
export async function importTable(
  lake: Lake,
  from: Lake,
  dataset: string,
  name: string,
  ref: TableRef,
  options: ImportTableOptions,
): Promise<TableRef> {
  const { file, signal } = options
  const source = await openChecked(from, name, ref, options)
  const changes = changesOf(from, name, source, options)
  const { table } = await rewriteTable(lake, dataset, undefined, source.schema, changes, { signal })
  const written = await writeTable(lake, dataset, table, signal)
  if (written.content === ref.content) return written
  throw notWhole(file, `its table "${name}" says ${written.content}, expected ${ref.content}`)
}

async function openChecked(
  from: Lake,
  name: string,
  ref: TableRef,
  { file, signal }: ImportTableOptions,
): Promise<Table> {
  try {
    checkTableName(name)
    const table = await openTable(from, ref, signal)
    const { key, keyKind, columns } = table.schema
    const isFiles = keyKind === 'path' && key.length === 1 && key[0] === 'path'
    if (isFiles !== (name === FILES) || !key.every((one) => columns.some((column) => column.name === one)))
      throw notWhole(file, `its table "${name}" has the key (${key.join(', ')})`)
    return table
  } catch (error) {
    throw inBundle(file, error)
  }
}

async function* changesOf(
  from: Lake,
  name: string,
  table: Table,
  options: ImportTableOptions,
): AsyncGenerator<Change> {
  const { file, isBrought } = options
  const check = await rowChecker(table.schema)
  const clashes = new ClashFinder()
  let last = ''
  let number = 0
  for await (const row of rowsIn(from, table, options)) {
    number++
    if (name === FILES) requirePath(file, String(row.path), clashes)
    check(row, number)
    const key = encoded(file, table, row)
    if (number > 1 && key <= last)
      throw notWhole(file, `row ${number} of its table "${name}" is out of order`)
    last = key
    const { uri: _, ...own } = row
    yield { key, row: isBrought && name === FILES && typeof row.sha256 === 'string' ? own : row }
  }
}

async function* rowsIn(from: Lake, table: Table, { file, signal }: ImportTableOptions): AsyncGenerator<Row> {
  const blocks = readTable(from, table, { signal })
  try {
    for (;;) {
      const next = await blocks.next().catch((error: unknown) => {
        throw inBundle(file, error)
      })
      if (next.done === true) return
      for (let i = 0; i < next.value.rows; i++) yield rowAt(next.value, i)
    }
  } finally {
    await blocks.return(undefined)
  }
}

function encoded(file: string, { schema }: Table, row: Row): string {
  try {
    return keyOf(schema, row)
  } catch (error) {
    throw inBundle(file, error)
  }
}

function requirePath(file: string, path: string, clashes: ClashFinder): void {
  const problem = pathProblem(path)
  const other = problem === undefined ? clashes.next(path) : undefined
  if (problem === undefined && other === undefined) return
  const reason = problem ?? `lies in ${JSON.stringify(other)}, which is a file`
  const message = `${file}: the path ${JSON.stringify(path)} ${reason}`
  throw new VarveError('invalid-data', message, { uri: file, path })
}
