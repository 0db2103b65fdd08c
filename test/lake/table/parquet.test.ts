/** Parts give back the rows they were made of, and say the same to other readers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { DataType, Field } from '../../../src/formats/batch.ts'
import { rowAt } from '../../../src/lake/table/block.ts'
import { openTable, writeTable } from '../../../src/lake/table/list.ts'
import { boundsOf } from '../../../src/lake/table/order.ts'
import { blockOf, readPart, writePart } from '../../../src/lake/table/parquet.ts'
import { parseSchema, schemaToJson } from '../../../src/lake/table/schema.ts'
import type { Row, TableSchema, Value } from '../../../src/lake/types.ts'
import { SCHEMA, smallLake, tableOf } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-parquet-'))
afterAll(() => rmSync(folder, { recursive: true }))

const int = (bits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

const PLAIN: readonly (readonly [DataType, fc.Arbitrary<Value>])[] = [
  [{ kind: 'bool' }, fc.boolean()],
  [{ kind: 'int8' }, int(8)],
  [{ kind: 'int16' }, int(16)],
  [{ kind: 'int32' }, int(32)],
  [{ kind: 'int64' }, int64],
  [{ kind: 'uint8' }, uint(8)],
  [{ kind: 'uint16' }, uint(16)],
  [{ kind: 'uint32' }, uint(32)],
  [{ kind: 'uint64' }, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [{ kind: 'float32' }, fc.float()],
  [{ kind: 'float64' }, fc.double()],
  [{ kind: 'utf8' }, fc.string({ unit: 'grapheme' })],
  [{ kind: 'binary' }, fc.uint8Array()],
  [{ kind: 'date' }, int(20)],
  [{ kind: 'time' }, fc.bigInt({ min: 0n, max: 86_399_999_999n })],
  [{ kind: 'timestamp' }, fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n })],
  [{ kind: 'timestamp', zoned: true }, fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n })],
  [{ kind: 'decimal', precision: 38, scale: 3 }, fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n })],
]

const item: DataType = {
  kind: 'struct',
  fields: [{ name: 'tags', type: { kind: 'list', item: { kind: 'utf8' } } }],
}
const tags = fc.record({ tags: fc.option(fc.array(fc.option(fc.string()))) }) as fc.Arbitrary<Value>
const NESTED: readonly (readonly [DataType, fc.Arbitrary<Value>])[] = [
  [item, tags],
  [{ kind: 'list', item }, fc.array(fc.option(tags))],
  [
    { kind: 'list', item: { kind: 'decimal', precision: 9, scale: 2 } },
    fc.array(fc.option(fc.bigInt(-999n, 999n))),
  ],
]

const nameOf = (i: number, type: DataType): string => `${type.kind} ${i}`

describe('parts', () => {
  const all = [...PLAIN, ...NESTED]
  const columns: Field[] = all.map(([type], i) => ({ name: nameOf(i, type), type }))
  const schema: TableSchema = { columns, key: [columns[4]!.name], keyKind: 'values' }
  const row = fc.record(
    Object.fromEntries(all.map(([type, values], i) => [nameOf(i, type), fc.option(values)])),
  ) as fc.Arbitrary<Row>

  test('give back the rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
        const block = await readPart(schema, writePart(schema, blockOf(schema, rows)))
        expect(block.rows).toBe(rows.length)
        rows.forEach((given, i) => {
          for (const { name } of columns)
            expect(block.columns.get(name)?.[i] ?? null).toEqual(given[name] ?? null)
        })
      }),
      { numRuns: 200 },
    )
  })

  test('are the same bytes whatever the order of the columns', () => {
    const [given] = fc.sample(fc.array(row, { minLength: 5, maxLength: 5 }), { numRuns: 1, seed: 1 })
    const turned = { ...schema, columns: [...columns].reverse() }
    expect(writePart(turned, blockOf(turned, given!))).toEqual(writePart(schema, blockOf(schema, given!)))
  })

  test('are read by DuckDB as the same types and values', async () => {
    const rows: Row[] = [
      {
        'int64 4': -5n,
        'uint64 8': 2n ** 64n - 1n,
        'date 13': 1,
        'decimal 17': -1234567n,
        'time 14': 1_000_000n,
      },
      {
        'timestamp 15': 86_400_000_000n,
        'timestamp 16': 1n,
        'struct 18': { tags: ['a', null] },
        'uint32 7': 2 ** 32 - 1,
      },
    ]
    const path = join(folder, 'part.parquet')
    writeFileSync(path, writePart(schema, blockOf(schema, rows)))
    const connection = await (await DuckDBInstance.create()).connect()
    const reader = await connection.runAndReadAll(
      `select * replace ("timestamp 16" at time zone 'UTC' as "timestamp 16") from '${path}'`,
    )
    const shown = reader.getRowObjectsJson()
    expect(shown[0]).toMatchObject({
      'int64 4': '-5',
      'uint64 8': '18446744073709551615',
      'date 13': '1970-01-02',
      'decimal 17': '-1234.567',
      'time 14': '00:00:01',
    })
    expect(shown[1]).toMatchObject({
      'timestamp 15': '1970-01-02 00:00:00',
      'timestamp 16': '1970-01-01 00:00:00.000001',
      'struct 18': { tags: ['a', null] },
      'uint32 7': 4294967295,
    })
  })

  test('give only the columns that are asked for', async () => {
    const rows: Row[] = [{ 'int64 4': 1n, 'utf8 11': 'x' }]
    const bytes = writePart(schema, blockOf(schema, rows))
    const block = await readPart(schema, bytes, new Set(['utf8 11', 'bool 0']))
    expect([...block.columns.keys()]).toEqual(['utf8 11'])
    expect((await readPart(schema, bytes, new Set())).rows).toBe(1)
  })

  test('schemas come back from their documents', () => {
    expect(parseSchema(schemaToJson(schema), 'x')).toEqual(schema)
    expect(() => parseSchema('{"x-varve": {"columns": [{}]}}', 'memory://x')).toThrow(
      /memory:\/\/x is no schema of a table: x-varve/,
    )
  })
})

describe('lists', () => {
  test('give back the parts, and are written once', async () => {
    const lake = smallLake()
    const rows = Array.from({ length: 40 }, (_, i): Row => ({ id: BigInt(i), name: `né${i}`, score: i / 2 }))
    const table = await tableOf(lake, rows)
    const ref = await writeTable(lake, 'd', table)
    expect(ref.rows).toBe(40)
    const opened = await openTable({ ...lake, memo: new Map() }, ref)
    expect(opened).toEqual(table)
    expect(opened.parts.length).toBeGreaterThan(3)
    const first = opened.parts[0]!
    expect(first.zones.id?.[0]).toBe(0n)
    expect(rowAt({ rows: 1, columns: new Map([['score', [0.5]]]) }, 0)).toEqual({ score: 0.5 })
  })

  test('say the same of the same rows in another dataset', async () => {
    const lake = smallLake()
    const rows = Array.from({ length: 40 }, (_, i): Row => ({ id: BigInt(i), name: 'a' }))
    const [a, b] = [await tableOf(lake, rows), await tableOf(smallLake(), rows)]
    expect((await writeTable(lake, 'd', a)).content).toBe((await writeTable(lake, 'e', b)).content)
  })

  test('a list that names something else than parts is refused before anything is read', async () => {
    const lake = smallLake()
    const [part] = (await tableOf(lake, [{ id: 1n }])).parts
    for (const hostile of [{ hash: '../../../etc/passwd' }, { home: '../other' }]) {
      const table = { schema: SCHEMA, parts: [{ ...part!, ...hostile }] }
      const ref = await writeTable(lake, 'd', table)
      await expect(openTable({ ...lake, memo: new Map() }, ref)).rejects.toMatchObject({
        code: 'invalid-data',
        message: expect.stringMatching(/is no list of parts$/),
      })
    }
  })

  test('a missing or damaged list is named', async () => {
    const lake = smallLake()
    const ref = await writeTable(lake, 'd', await tableOf(lake, [{ id: 1n }]))
    const key = `datasets/d/lists/${ref.list}.parquet`
    const { bytes } = (await lake.store.get(key))!
    bytes[10]! ^= 1
    await lake.store.put(key, bytes)
    await expect(openTable({ ...lake, memo: new Map() }, ref)).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining(`${key} is damaged`),
    })
    await lake.store.delete(key)
    await expect(openTable({ ...lake, memo: new Map() }, ref)).rejects.toThrow(`${key} is missing`)
  })
})

test('bounds hold for long texts, and there are none for NaN', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { minLength: 1 }), (texts) => {
      const bounds = boundsOf(texts) as [string, string] | undefined
      if (bounds === undefined) return
      for (const text of texts) {
        expect(Buffer.compare(Buffer.from(bounds[0]), Buffer.from(text))).toBeLessThanOrEqual(0)
        expect(Buffer.compare(Buffer.from(bounds[1]), Buffer.from(text))).toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns: 1000 },
  )
  expect(boundsOf([1, Number.NaN])).toBeUndefined()
  expect(boundsOf([null, 2, null])).toEqual([2, 2])
})
