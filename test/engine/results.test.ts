import { afterAll, describe, expect, it } from 'vitest'
import type { ResultColumn } from '../../src/engine/types.ts'
import type { DataType } from '../../src/formats/batch.ts'
import type { Value } from '../../src/formats/values.ts'
import { rowsOf } from './columns.ts'
import { testSession } from './sessions.ts'

const { session, rows } = testSession()
afterAll(() => session.close())

async function one(sql: string): Promise<{ column: ResultColumn; values: Value[] }> {
  for await (const result of session.run(sql)) {
    const values: Value[] = []
    for await (const batch of result.batches)
      values.push(...rowsOf(result.columns, batch).map((row) => row[0]!))
    return { column: result.columns[0]!, values }
  }
  throw new Error('no statement')
}

describe('result types that Arrow has', () => {
  const cases: [expression: string, sqlType: string, type: DataType, value: Value][] = [
    ['true', 'BOOLEAN', { kind: 'bool' }, true],
    ['(-7)::tinyint', 'TINYINT', { kind: 'int8' }, -7],
    ['(-300)::smallint', 'SMALLINT', { kind: 'int16' }, -300],
    ['-70000', 'INTEGER', { kind: 'int32' }, -70000],
    ['9007199254740993', 'BIGINT', { kind: 'int64' }, 9007199254740993n],
    ['200::utinyint', 'UTINYINT', { kind: 'uint8' }, 200],
    ['60000::usmallint', 'USMALLINT', { kind: 'uint16' }, 60000],
    ['4000000000::uinteger', 'UINTEGER', { kind: 'uint32' }, 4000000000],
    ['18446744073709551615::ubigint', 'UBIGINT', { kind: 'uint64' }, 18446744073709551615n],
    ['1.5::float', 'FLOAT', { kind: 'float32' }, 1.5],
    ['1e300', 'DOUBLE', { kind: 'float64' }, 1e300],
    ["'naïve'", 'VARCHAR', { kind: 'utf8' }, 'naïve'],
    ["'longer than twelve bytes'", 'VARCHAR', { kind: 'utf8' }, 'longer than twelve bytes'],
    ["'\\x00\\xFF'::blob", 'BLOB', { kind: 'binary' }, new Uint8Array([0, 255])],
    ["date '1970-01-03'", 'DATE', { kind: 'date' }, 2],
    ["time '00:00:01.5'", 'TIME', { kind: 'time' }, 1_500_000n],
    ["timestamp '1970-01-01 00:00:01'", 'TIMESTAMP', { kind: 'timestamp' }, 1_000_000n],
    ["timestamp_s '1970-01-01 00:00:01'", 'TIMESTAMP_S', { kind: 'timestamp' }, 1_000_000n],
    ["'1970-01-01 00:00:00.001'::timestamp_ms", 'TIMESTAMP_MS', { kind: 'timestamp' }, 1000n],
    ["'infinity'::timestamp_s", 'TIMESTAMP_S', { kind: 'timestamp' }, 0x7fffffffffffffffn],
    [
      "timestamptz '1970-01-01 00:00:01+00'",
      'TIMESTAMP WITH TIME ZONE',
      { kind: 'timestamp', zoned: true },
      1_000_000n,
    ],
    ['12.34::decimal(4,2)', 'DECIMAL(4,2)', { kind: 'decimal', precision: 4, scale: 2 }, 1234n],
    ['(-12.34)::decimal(9,2)', 'DECIMAL(9,2)', { kind: 'decimal', precision: 9, scale: 2 }, -1234n],
    ['(-12.34)::decimal(18,2)', 'DECIMAL(18,2)', { kind: 'decimal', precision: 18, scale: 2 }, -1234n],
    ['(-12.34)::decimal(38,2)', 'DECIMAL(38,2)', { kind: 'decimal', precision: 38, scale: 2 }, -1234n],
    [
      '(-170141183460469231731687303715884105728)::hugeint',
      'HUGEINT',
      { kind: 'decimal', precision: 38, scale: 0 },
      -(2n ** 127n),
    ],
    ['[1, null, 3]', 'INTEGER[]', { kind: 'list', item: { kind: 'int32' } }, [1, null, 3]],
    [
      "array_value('a', 'some longer text than that')",
      'VARCHAR[2]',
      { kind: 'list', item: { kind: 'utf8' } },
      ['a', 'some longer text than that'],
    ],
    ['[true, false]', 'BOOLEAN[]', { kind: 'list', item: { kind: 'bool' } }, [true, false]],
    [
      "{'a': 1, 'B c': [{'x': 'y'}]}",
      'STRUCT(a INTEGER, "B c" STRUCT(x VARCHAR)[])',
      {
        kind: 'struct',
        fields: [
          { name: 'a', type: { kind: 'int32' } },
          {
            name: 'B c',
            type: { kind: 'list', item: { kind: 'struct', fields: [{ name: 'x', type: { kind: 'utf8' } }] } },
          },
        ],
      },
      { a: 1, 'B c': [{ x: 'y' }] },
    ],
    ['\'{"a": 1}\'::json', 'JSON', { kind: 'utf8' }, '{"a": 1}'],
  ]
  it.each(cases)('%s is %s', async (expression, sqlType, type, value) => {
    const { column, values } = await one(
      `select x from (select ${expression} as x, 0 as o union all select null, 1) order by o`,
    )
    expect(column).toEqual({ name: 'x', type, sqlType })
    expect(values).toEqual([value, null])
  })
})

describe('types that become text', () => {
  const cases: [expression: string, sqlType: string][] = [
    ["'12345678-9abc-def0-1234-56789abcdef0'::uuid", 'UUID'],
    ["'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid", 'UUID'],
    ["'b'::enum('a', 'b', 'it''s')", "ENUM('a', 'b', 'it''s')"],
    ["interval '14 months 3 days 04:05:06.789'", 'INTERVAL'],
    ["interval '-1 year' + interval '-1 day' - interval '1.5 seconds'", 'INTERVAL'],
    ["interval '0 days'", 'INTERVAL'],
    ["interval '100 hours'", 'INTERVAL'],
    ["interval '-25 months'", 'INTERVAL'],
    ['340282366920938463463374607431768211455::uhugeint', 'UHUGEINT'],
    ["'2020-02-03 04:05:06.123456789'::timestamp_ns", 'TIMESTAMP_NS'],
    ["'1969-12-31 23:59:59.5'::timestamp_ns", 'TIMESTAMP_NS'],
    ["'infinity'::timestamp_ns", 'TIMESTAMP_NS'],
    ["'04:05:06+05:30'::timetz", 'TIME WITH TIME ZONE'],
    ["'04:05:06.25-08'::timetz", 'TIME WITH TIME ZONE'],
    ["'10110'::bit", 'BIT'],
    ["map {'a': 1, 'b, c': null}", 'MAP(VARCHAR, INTEGER)'],
    ['union_value(num := 2)', 'UNION(num INTEGER)'],
    ['123456789012345678901234567890123456789012::bignum', 'BIGNUM'],
    ['[map {1: [2]}]', 'MAP(INTEGER, INTEGER[])[]'],
    ["{'m': map {1: 'it''s'}}", 'STRUCT(m MAP(INTEGER, VARCHAR))'],
    ['42::variant', 'VARIANT'],
  ]
  it.each(cases)('%s', async (expression, sqlType) => {
    const { column, values } = await one(
      `select ${expression} as x union all select null order by x nulls last`,
    )
    const [[text]] = (await rows(`select (${expression})::varchar`)) as [[string]]
    expect(column).toEqual({ name: 'x', type: { kind: 'utf8' }, sqlType })
    expect(values).toEqual([text, null])
  })

  it('inside lists, each item is text', async () => {
    const { column, values } = await one("select ['12345678-9abc-def0-1234-56789abcdef0'::uuid, null] as x")
    expect(column.sqlType).toBe('UUID[]')
    expect(column.type).toEqual({ kind: 'list', item: { kind: 'utf8' } })
    expect(values).toEqual([['12345678-9abc-def0-1234-56789abcdef0', null]])
  })

  it('keeps names, order and other columns when DuckDB prints them', async () => {
    const result = await rows(
      'select range as n, map {\'k\': range} as "M x", range as n from range(3) order by range desc -- done',
    )
    expect(result).toEqual([
      [2n, '{k=2}', 2n],
      [1n, '{k=1}', 1n],
      [0n, '{k=0}', 0n],
    ])
  })

  it('prints them one by one where the statement stands in no parentheses', async () => {
    const [, second] = await rows(
      "create table m as select map {'a': 1} as m; insert into m values (map {'b': 2}) returning m",
    ).then((last) => [null, last])
    expect(second).toHaveLength(1)
    expect(String(second![0]![0])).toContain('b')
  })
})

describe('results of many chunks', () => {
  it('keeps every row, in order', async () => {
    const result = await rows(
      "select range as i, 'row number ' || range as t, [range, range + 1] as l from range(10000)",
    )
    expect(result).toHaveLength(10000)
    expect(
      result.every(
        ([i, t, l], k) => i === BigInt(k) && t === `row number ${k}` && (l as bigint[])[1] === BigInt(k + 1),
      ),
    ).toBe(true)
  })

  it('lists that share their items or leave some out', async () => {
    expect(
      await rows('select l from (select range as i, [range, -range] as l from range(6)) where i % 2 = 1'),
    ).toEqual([[[1n, -1n]], [[3n, -3n]], [[5n, -5n]]])
    expect(await rows("select ['a long text for the heap', 'b'] as l from range(3)")).toEqual(
      Array.from({ length: 3 }, () => [['a long text for the heap', 'b']]),
    )
    expect(await rows("select [[true, null], []] as l, {'s': [1.5]} as s from range(2)")).toEqual(
      Array.from({ length: 2 }, () => [[[true, null], []], { s: [15n] }]),
    )
  })

  it('texts of very different sizes', async () => {
    const lengths = [0, 1, 11, 12, 13, 100, 5000, 100_000, 3]
    const result = await rows(`select repeat('x', n) as t from unnest([${lengths}]) u(n)`)
    expect(result.map(([t]) => (t as string).length)).toEqual(lengths)
  })

  it('null as a column of its own', async () => {
    expect(await rows('select null as n, [] as e')).toEqual([[null, []]])
  })
})

describe('what a statement returns', () => {
  it('rows, a count of changes, or nothing', async () => {
    const seen: unknown[] = []
    const text = `create table t (a integer); insert into t values (1), (2); from t; update t set a = 3;
      delete from t where a = 3; set threads = 2; explain select 1; begin; commit; show tables; call range(2); insert into t values (7) returning a`
    for await (const result of session.run(text)) {
      let count = 0
      for await (const batch of result.batches) count += batch.rows
      seen.push(
        result.returns === 'changed'
          ? result.changed
          : result.returns === 'rows'
            ? `${count} rows`
            : 'nothing',
      )
    }
    expect(seen).toEqual([
      'nothing',
      2,
      '2 rows',
      2,
      2,
      'nothing',
      '1 rows',
      'nothing',
      'nothing',
      '2 rows',
      '2 rows',
      '1 rows',
    ])
  })
})
