/** User tables: modes, keys, schemas; a write that is refused leaves the table as it was. */

import { describe, expect, test } from 'vitest'
import type { Field } from '../../src/formats/batch.ts'
import { type TableWrite, writeRows } from '../../src/lake/table-write.ts'
import type { Lake, Row } from '../../src/lake/types.ts'
import { newLake, rows } from './lakes.ts'

const COLUMNS: readonly Field[] = [
  { name: 'id', type: { kind: 'int64' } },
  { name: 'name', type: { kind: 'utf8' } },
]

async function* each(all: readonly Row[]): AsyncGenerator<Row> {
  yield* all
}

const write = (lake: Lake, all: readonly Row[], options: Partial<TableWrite> = {}, columns = COLUMNS) =>
  writeRows(
    lake,
    { dataset: 'd', table: 'people', author: 'test', key: ['id'], ...options },
    { columns, rows: each(all) },
  )

const people = (...ids: number[]): Row[] => ids.map((id) => ({ id: BigInt(id), name: `n${id}` }))

describe('writing a table', () => {
  test('replace, append, upsert and delete do what they say', async () => {
    const lake = await newLake()
    expect(await write(lake, people(3, 1, 2))).toMatchObject({ added: 3, created: true })
    expect(await rows(lake, 'd', 'people')).toEqual(people(1, 2, 3))
    await write(lake, people(4), { mode: 'append', key: undefined })
    const upserted = await write(lake, [{ id: 2n, name: 'two' }, ...people(5)], { mode: 'upsert' })
    expect(upserted).toMatchObject({ added: 1, changed: 1, removed: 0 })
    expect(await write(lake, [{ id: 1n }, { id: 99n }], { mode: 'delete' }, [COLUMNS[0]!])).toMatchObject({
      removed: 1,
    })
    expect(await rows(lake, 'd', 'people')).toEqual([{ id: 2n, name: 'two' }, ...people(3, 4, 5)])
    expect(await write(lake, people(7))).toMatchObject({ added: 1, removed: 4 })
    expect(await rows(lake, 'd@1', 'people')).toEqual(people(1, 2, 3))
  })

  test('a write that changes nothing makes no version', async () => {
    const lake = await newLake()
    await write(lake, people(1, 2))
    expect(await write(lake, people(2, 1))).toMatchObject({
      created: false,
      added: 0,
      changed: 0,
      removed: 0,
    })
    expect(await write(lake, people(2), { mode: 'upsert' })).toMatchObject({ created: false })
    expect(await write(lake, [], { mode: 'upsert' })).toMatchObject({ created: false })
  })

  test('append refuses a key that is there; two rows of one key are refused in any mode', async () => {
    const lake = await newLake()
    await write(lake, people(1))
    await expect(write(lake, people(2, 1), { mode: 'append' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has a row with the key id = 1 already'),
    })
    await expect(write(lake, people(2, 2), { mode: 'upsert' })).rejects.toMatchObject({
      code: 'conflict',
      message: 'two rows for the table "people" have the key id = 2, expected one',
    })
    expect(await rows(lake, 'd', 'people')).toEqual(people(1))
  })

  test('keys must be there: columns, and values', async () => {
    const lake = await newLake()
    await expect(write(lake, people(1), { key: undefined })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(write(lake, people(1), { key: ['nope'] })).rejects.toThrow(
      'the key column "nope" is missing, there are: id, name',
    )
    await expect(write(lake, [...people(1), { name: 'x' }])).rejects.toMatchObject({
      code: 'invalid-data',
      message: 'row 2: the key column "id" is null, expected a value',
    })
    await expect(write(lake, people(1), { table: 'files' })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(write(lake, people(1), { table: '../x' })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(write(lake, people(1), { table: 'gone', mode: 'delete' })).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  test('a row that breaks the schema is named with its column, and nothing is written', async () => {
    const lake = await newLake()
    const rules = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { id: { type: 'integer', maximum: 10 }, name: { type: 'string', pattern: '^n' } },
      required: ['name'],
    }
    await write(lake, people(1, 2), { rules })
    await expect(
      write(lake, [...people(3), { id: 4n, name: 'x' }], { mode: 'upsert' }),
    ).rejects.toMatchObject({
      code: 'invalid-data',
      message: 'row 2, column "name": is "x", must match pattern "^n"',
      details: { row: 2, column: 'name' },
    })
    await expect(write(lake, people(11), { mode: 'append' })).rejects.toThrow(
      'row 1, column "id": is 11, must be <= 10',
    )
    await expect(write(lake, [{ id: 5n }], { mode: 'append' })).rejects.toThrow('column "name"')
    expect(await rows(lake, 'd', 'people')).toEqual(people(1, 2))
    await expect(write(lake, people(1), { rules: { type: 7 } })).rejects.toMatchObject({
      code: 'invalid-input',
    })
  })

  test('columns of a query result, which know more, are those of the table', async () => {
    const lake = await newLake()
    const columns = COLUMNS.map((field) => ({ ...field, sqlType: 'BIGINT' }))
    const { version } = await write(lake, people(1), {}, columns)
    const other = await newLake()
    expect((await write(other, people(1))).version.hash).toBe(version.hash)
  })

  test('a minimal schema allows everything', async () => {
    const lake = await newLake()
    await write(lake, people(1), { rules: { $id: 'people', properties: {} } })
    expect(await rows(lake, 'd', 'people')).toEqual(people(1))
  })

  test('upsert may bring new columns, and nulls for them before', async () => {
    const lake = await newLake()
    await write(lake, people(1))
    const wider = [...COLUMNS, { name: 'age', type: { kind: 'int32' as const } }]
    await write(lake, [{ id: 2n, name: 'n2', age: 7 }], { mode: 'upsert' }, wider)
    expect(await rows(lake, 'd', 'people')).toEqual([...people(1), { id: 2n, name: 'n2', age: 7 }])
  })
})
