import { describe, expect, test } from 'vitest'
import type { DataType } from '../../../src/formats/batch.ts'
import type { Value } from '../../../src/formats/values.ts'
import { col, result, type TestColumn } from '../vectors.ts'
import { render } from './render.ts'

const json = (
  columns: readonly TestColumn[],
  format: 'json' | 'jsonl' = 'json',
  size?: number,
): Promise<string> => render(result(columns, size), format)

const one = async (sqlType: string, value: Value, type?: DataType): Promise<string> =>
  (await json([col('v', sqlType, [value], type)], 'jsonl')).trim()

describe('json', () => {
  test('is one array over all batches, also of no rows', async () => {
    const n = [col('n', 'INTEGER', [1, 2, 3]), col('t', 'VARCHAR', ['a', null, '"\n'])]
    expect(await json(n, 'json', 2)).toBe('[{"n":1,"t":"a"},\n{"n":2,"t":null},\n{"n":3,"t":"\\"\\n"}]\n')
    expect(await json([col('n', 'INTEGER', [])])).toBe('[]\n')
    expect(await json(n, 'jsonl', 1)).toBe('{"n":1,"t":"a"}\n{"n":2,"t":null}\n{"n":3,"t":"\\"\\n"}\n')
  })

  test.each([
    ['BIGINT', 9007199254740991n, '9007199254740991'],
    ['BIGINT', 9007199254740992n, '"9007199254740992"'],
    ['BIGINT', -9007199254740991n, '-9007199254740991'],
    ['BIGINT', -9007199254740993n, '"-9007199254740993"'],
    ['UBIGINT', 18446744073709551615n, '"18446744073709551615"'],
    ['HUGEINT', '170141183460469231731687303715884105727', '"170141183460469231731687303715884105727"'],
    ['HUGEINT', '-5', '-5'],
    ['DECIMAL(9,2)', 150n, '1.50'],
    ['DECIMAL(38,10)', 1234567890123456789n, '"123456789.0123456789"'],
    ['DOUBLE', 1.5, '1.5'],
    ['DOUBLE', 1e300, '1e+300'],
    ['DOUBLE', -0, '-0.0'],
    ['DOUBLE', Number.NaN, '"NaN"'],
    ['FLOAT', Number.NEGATIVE_INFINITY, '"-Infinity"'],
    ['FLOAT', Math.fround(0.3), '0.3'],
    ['BOOLEAN', true, 'true'],
    ['DATE', 18262, '"2020-01-01"'],
    ['TIMESTAMP', 1577836800000000n, '"2020-01-01 00:00:00"'],
    ['BLOB', new Uint8Array([0xaa, 0, 0x61]), '"\\\\xAA\\\\x00a"'],
    ['UUID', '00000000-0000-0000-0000-000000000001', '"00000000-0000-0000-0000-000000000001"'],
    ['INTEGER[]', [1, null], '[1,null]'],
    ['STRUCT(x INTEGER, y VARCHAR)', { x: 1, y: null }, '{"x":1,"y":null}'],
    ['MAP(VARCHAR, INTEGER)', [{ key: 'k', value: 1 }], '{"k":1}'],
    ['JSON', '{"a": [1,\n 2]}', '{"a": [1, 2]}'],
  ] as const)('%s %s is %s', async (sqlType, value, expected) => {
    const text = await one(sqlType, value as Value)
    expect(text).toBe(`{"v":${expected}}`)
    JSON.parse(text)
  })

  test('keeps every column of the same name', async () => {
    const text = await json(
      ['a', 'a', 'a_1', 'a'].map((name, i) => col(name, 'INTEGER', [i])),
      'jsonl',
    )
    expect(JSON.parse(text)).toEqual({ a: 0, a_1: 2, a_2: 1, a_3: 3 })
  })
})
