/** What a statement does not want of a row group is not fetched: other fields of structs, and no more than it takes. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import type { ColumnBatch } from '../../../src/formats/batch.ts'
import type { ReadHooks } from '../../../src/formats/types.ts'
import { runOf } from '../../../src/index/runs.ts'
import { type Bound, batchRows, bindBytes, hooks, type Rows } from '../../scan/support/harness.ts'
import { hasArrow, listed, type MadeFiles, makeFiles, makeLarge } from './support.ts'

let files: MadeFiles
beforeAll(() => {
  files = makeFiles()
}, 120_000)
afterAll(() => files.remove())

/** Rows of the columns, of the first row group or of `all`, and the bytes that were read for them. */
async function read(
  bound: Bound,
  names: readonly string[],
  more: Partial<ReadHooks> = {},
  all = false,
): Promise<{ rows: Rows; bytes: number; batches: ColumnBatch[] }> {
  const { source, format, layout } = bound
  const columns = names.map((name) => layout.columns.findIndex((column) => column.name === name))
  const index = await listed(bound)
  let bytes = 0
  const counted: ByteSource = {
    uri: source.uri,
    size: source.size,
    identity: source.identity,
    read(start, end, options) {
      bytes += end - start
      return source.read(start, end, options)
    },
  }
  const rows = all ? index.rows : index.segments[0]!.rows
  const run = runOf(index, { firstRow: 0, rows }, () => undefined)!
  // The footer is read once, and kept.
  for await (const _ of format.read(source, layout, run, [], hooks));
  const batches: ColumnBatch[] = []
  for await (const batch of format.read(counted, layout, run, columns, { ...hooks, ...more }))
    batches.push(batch)
  const types = columns.map((column) => layout.columns[column]!.type)
  return { rows: batches.flatMap((batch) => batchRows(batch, types)), bytes, batches }
}

type Struct = Readonly<Record<string, unknown>>
const only = (value: unknown, field: string): unknown =>
  value === null
    ? null
    : Object.fromEntries(
        Object.keys(value as Struct).map((name) => [name, name === field ? (value as Struct)[name] : null]),
      )

describe.skipIf(!hasArrow)('fields of structs', () => {
  it.each(['a', 'b'])('of a struct only field %s is fetched; the other is NULL', async (field) => {
    const bound = await bindBytes(files.bytes('nested-snappy.parquet'), 'parquet')
    const whole = await read(bound, ['one'])
    const some = await read(bound, ['one'], { fields: { one: [field] } })
    expect(some.rows).toEqual(whole.rows.map(([value]) => [only(value, field)]))
    const other = await read(bound, ['one'], { fields: { one: [field === 'a' ? 'b' : 'a'] } })
    expect(some.bytes).toBeLessThan(whole.bytes)
    expect(some.bytes + other.bytes).toBe(whole.bytes)
  })

  it('of a list of structs likewise', async () => {
    const bound = await bindBytes(files.bytes('nested-snappy.parquet'), 'parquet')
    const whole = await read(bound, ['structs'])
    const some = await read(bound, ['structs'], { fields: { structs: ['b'] } })
    const wanted = whole.rows.map(([list]) => [
      list === null ? null : (list as unknown[]).map((one) => only(one, 'b')),
    ])
    expect(some.rows).toEqual(wanted)
    expect(some.bytes).toBeLessThan(whole.bytes)
  })

  it('that the struct does not have leave it as it is', async () => {
    const bound = await bindBytes(files.bytes('nested-snappy.parquet'), 'parquet')
    const whole = await read(bound, ['one'])
    expect(await read(bound, ['one'], { fields: { one: ['c'] } })).toMatchObject({
      rows: whole.rows,
      bytes: whole.bytes,
    })
  })
})

describe.skipIf(!hasArrow)('batches', () => {
  it('are a row group each, and only the first one is small for whoever may want no more', async () => {
    const bound = await bindBytes(makeLarge(130_000), 'parquet')
    const sizes = async (small: boolean) =>
      (await read(bound, ['n0'], { small }, true)).batches.map(({ rows }) => rows)
    expect(await sizes(false)).toEqual([122_880, 7120])
    expect(await sizes(true)).toEqual([2048, 120_832, 7120])
  }, 60_000)
})
