import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import type { ColumnBatch, ColumnVector } from '../../../src/formats/batch.ts'
import { vectorFrom } from '../../../src/formats/values.ts'
import { col, result, TYPES } from '../vectors.ts'
import { renderBytes } from './render.ts'

test('an IPC stream reads back, batch by batch, with every type', async () => {
  const bytes = await renderBytes(
    result(
      [
        col('i', 'INTEGER', [1, null, 3]),
        col('l', 'BIGINT', [2n ** 60n, 0n, null]),
        col('d', 'DOUBLE', [0.5, Number.NaN, null]),
        col('b', 'BOOLEAN', [true, false, null]),
        col('t', 'VARCHAR', ['ä', '', null]),
        col('x', 'BLOB', [new Uint8Array([1, 2]), null, new Uint8Array(0)]),
        col('day', 'DATE', [18262, -1, null]),
        col('ts', 'TIMESTAMP WITH TIME ZONE', [1577836800000000n, null, 0n]),
        col('dec', 'DECIMAL(38,10)', [-(10n ** 30n), 1n, null]),
        col('list', 'INTEGER[]', [[1, null], [], null]),
        col('st', 'STRUCT(x INTEGER, y VARCHAR)', [{ x: 1, y: 'a' }, { x: null, y: 'b' }, null]),
      ],
      2,
    ),
    'arrow',
  )
  const table = tableFromIPC(bytes)
  expect(table.batches.map(({ numRows }) => numRows)).toEqual([2, 1])
  expect(table.schema.fields.map((field) => String(field.type))).toEqual([
    'Int32',
    'Int64',
    'Float64',
    'Bool',
    'Utf8',
    'Binary',
    'Date32<DAY>',
    'Timestamp<MICROSECOND, UTC>',
    'Decimal[38e+10]',
    'List<Int32>',
    'Struct<{x:Int32, y:Utf8}>',
  ])
  const column = (name: string): unknown[] => [...(table.getChild(name) ?? [])]
  expect(column('i')).toEqual([1, null, 3])
  expect(column('l')).toEqual([2n ** 60n, 0n, null])
  expect(column('d')).toEqual([0.5, Number.NaN, null])
  expect(column('b')).toEqual([true, false, null])
  expect(column('t')).toEqual(['ä', '', null])
  expect(column('x')).toEqual([new Uint8Array([1, 2]), null, new Uint8Array(0)])
  expect(column('day').map((day) => day && new Date(Number(day)).toISOString().slice(0, 10))).toEqual([
    '2020-01-01',
    '1969-12-31',
    null,
  ])
  expect(column('list').map((list) => list && [...(list as Iterable<unknown>)])).toEqual([
    [1, null],
    [],
    null,
  ])
  expect(column('st').map((row) => row && JSON.stringify(row))).toEqual([
    '{"x":1,"y":"a"}',
    '{"x":null,"y":"b"}',
    null,
  ])
  const words = column('dec')[0] as Uint32Array
  expect(
    BigInt.asIntN(
      128,
      [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n),
    ),
  ).toBe(-(10n ** 30n))
  expect(table.schema.fields[8]?.metadata.get('varve:sql_type')).toBe('DECIMAL(38,10)')
})

test('no rows are a stream with a schema', async () => {
  const table = tableFromIPC(await renderBytes(result([col('i', 'INTEGER', [])]), 'arrow'))
  expect(table.numRows).toBe(0)
  expect(table.schema.fields.map(({ name }) => name)).toEqual(['i'])
})

test('buffers larger than their rows, as reused ones are, write only the rows', async () => {
  const { arrowWriter } = await import('../../../src/cli/render/arrow.ts')
  const padded = (given: ColumnVector): ColumnVector => ({
    ...given,
    values: Object.assign(new Uint8Array(4096), {}) && pad(given),
  })
  const pad = ({ values }: ColumnVector): Uint8Array => {
    const bytes = new Uint8Array(4096)
    bytes.set(new Uint8Array(values!.buffer, values!.byteOffset, values!.byteLength))
    return bytes
  }
  const batch: ColumnBatch = { rows: 2, columns: [padded(vectorFrom(TYPES.VARCHAR!, ['ab', 'c']))] }
  const writer = arrowWriter()
  const pieces = [
    ...writer.begin([{ name: 't', type: TYPES.VARCHAR!, sqlType: 'VARCHAR' }]),
    ...writer.batch(batch),
    ...writer.end(),
  ]
  const bytes = Buffer.concat(pieces as Uint8Array[])
  expect(bytes.length).toBeLessThan(2000)
  expect([...(tableFromIPC(bytes).getChild('t') ?? [])]).toEqual(['ab', 'c'])
})
