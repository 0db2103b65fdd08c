/** Goldens printed by duckdb-cli 1.5.6, `duckdb -csv -c SQL`. */

import { describe, expect, test } from 'vitest'
import { blobText, dateText, doubleText, floatText, timestampText } from '../../../src/cli/render/scalars.ts'
import { displayType, parseSqlType } from '../../../src/cli/render/sql-type.ts'
import { textReader } from '../../../src/cli/render/text-values.ts'
import type { DataType } from '../../../src/formats/batch.ts'
import { type Value, vectorFrom } from '../../../src/formats/values.ts'
import { TYPES } from '../vectors.ts'

const text = (sqlType: string, value: Value, type: DataType = TYPES[sqlType]!): string | undefined =>
  textReader(type, parseSqlType(sqlType), vectorFrom(type, [value]))(0)

describe('numbers', () => {
  test.each([
    [1, '1.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [1e15, '1000000000000000.0'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [1e17, '1e+17'],
    [1e21, '1e+21'],
    [1e300, '1e+300'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [1.5e-5, '1.5e-05'],
    [5e-324, '5e-324'],
    [123456.789, '123456.789'],
    [Number.NaN, 'nan'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('the double %d is %s', (value, expected) => {
    expect(doubleText(value)).toBe(expected)
  })

  test.each([
    [123456789.123, '123456790.0'],
    [3.4028235e38, '3.4028235e+38'],
    [1.17549435e-38, '1.1754944e-38'],
    [16777216, '16777216.0'],
    [123456.7, '123456.7'],
    [1e16, '1e+16'],
    [0.3, '0.3'],
  ])('the float %d is %s', (value, expected) => {
    expect(floatText(Math.fround(value))).toBe(expected)
  })

  test('decimals keep their scale', () => {
    expect(text('DECIMAL(9,2)', 150n)).toBe('1.50')
    expect(text('DECIMAL(9,2)', -5n)).toBe('-0.05')
    expect(text('DECIMAL(38,10)', -(10n ** 38n - 1n))).toBe('-9999999999999999999999999999.9999999999')
  })
})

describe('dates and times', () => {
  test.each([
    [0, '1970-01-01'],
    [18262, '2020-01-01'],
    [-1, '1969-12-31'],
    [11016, '2000-02-29'],
    [2932897, '10000-01-01'],
    [-719162, '0001-01-01'],
    [-719163, '0001-12-31 (BC)'],
    [-735160, '0044-03-15 (BC)'],
    [2147483647, 'infinity'],
    [-2147483647, '-infinity'],
  ])('day %i is %s', (days, expected) => {
    expect(dateText(days)).toBe(expected)
  })

  test('agrees with JavaScript on every day of four centuries', () => {
    for (let day = -80000; day < 80000; day += 13)
      expect(dateText(day)).toBe(new Date(day * 86400000).toISOString().slice(0, 10))
  })

  test.each([
    [1577872800500000n, false, '2020-01-01 10:00:00.5'],
    [-500000n, true, '1969-12-31 23:59:59.5+00'],
    [9223372036854775807n, false, 'infinity'],
    [-9223372036854775807n, false, '-infinity'],
    [-735160n * 86400000000n + 36000000000n, false, '0044-03-15 (BC) 10:00:00'],
  ])('timestamp %d', (micros, zoned, expected) => {
    expect(timestampText(micros, zoned)).toBe(expected)
  })

  test('a time has its fraction without trailing zeros', () => {
    expect(text('TIME', 36000100000n)).toBe('10:00:00.1')
    expect(text('TIME', 86400000000n)).toBe('24:00:00')
  })
})

test('blobs escape quotes, backslashes and what is not printable ASCII', () => {
  expect(blobText(Buffer.from('a\'"b\\~ \x7f\x1f\xaa', 'latin1'))).toBe('a\\x27\\x22b\\x5C~ \\x7F\\x1F\\xAA')
})

describe('nested values', () => {
  // select ['a','b,c','d''e',NULL,'',' x','NULL','null','a"b','a[b','a{b','a:b','a=b','a\b','a b','ü','(','x;y','x/y']
  test('quote the texts of a list that could be taken for something else', () => {
    const list = [
      'a',
      'b,c',
      "d'e",
      null,
      '',
      ' x',
      'NULL',
      'null',
      'a"b',
      'a[b',
      'a{b',
      'a:b',
      'a=b',
      'a\\b',
      'a b',
      'ü',
      '(',
      'x;y',
      'x/y',
      'a,\\b',
      'NULLx',
      '<>',
      'x\n',
    ]
    expect(text('VARCHAR[]', list)).toBe(
      `[a, 'b,c', 'd\\'e', NULL, '', ' x', 'NULL', 'null', 'a"b', 'a[b', 'a{b', 'a:b', 'a=b', a\\b, a b, ü, '(', x;y, x/y, 'a,\\\\b', NULLx, <>, 'x\n']`,
    )
  })

  test('structs, maps, unnamed structs and lists in lists', () => {
    const int32: DataType = { kind: 'int32' }
    const pair: DataType = {
      kind: 'struct',
      fields: [
        { name: '1', type: int32 },
        { name: '2', type: { kind: 'utf8' } },
      ],
    }
    expect(text('STRUCT(INTEGER, VARCHAR)', { '1': 1, '2': 'x' }, pair)).toBe('(1, x)')
    expect(text('STRUCT(x INTEGER, y VARCHAR)', { x: 1, y: null })).toBe("{'x': 1, 'y': NULL}")
    expect(
      text('MAP(VARCHAR, INTEGER)', [
        { key: 'k', value: 1 },
        { key: 'a,b', value: null },
      ]),
    ).toBe("{k=1, 'a,b'=NULL}")
    expect(
      text('INTEGER[][]', [[1], [2, 3], []], { kind: 'list', item: { kind: 'list', item: int32 } }),
    ).toBe('[[1], [2, 3], []]')
    expect(text('TIME[]', [36000000000n], { kind: 'list', item: { kind: 'time' } })).toBe("['10:00:00']")
  })
})

describe('SQL types', () => {
  test.each([
    ['INTEGER', 'int32'],
    ['INTEGER[]', 'int32[]'],
    ['BIGINT[][]', 'int64[][]'],
    ['INTEGER[2]', 'integer[2]'],
    ['HUGEINT', 'int128'],
    ['STRUCT(a INTEGER)', 'struct(a integer)'],
    ['STRUCT("" INTEGER, "" VARCHAR)', 'struct(integer, varchar)'],
    ["ENUM('a', 'B')", "enum('a', 'b')"],
    ['TIMESTAMP WITH TIME ZONE', 'timestamp with time zone'],
  ])('%s is headed %s', (sqlType, expected) => {
    expect(displayType(sqlType)).toBe(expected)
  })

  test('are taken apart', () => {
    const type = parseSqlType(
      `STRUCT(a MAP(VARCHAR, HUGEINT[]), "b c" DECIMAL(9,2)[], t TIMESTAMP WITH TIME ZONE, "e""f" ENUM('x, y', ')'))`,
    )
    expect(type.children.map(({ name }) => name)).toEqual(['a', 'b c', 't', 'e"f'])
    expect(type.children.map((child) => child.type.name)).toEqual([
      'MAP',
      'LIST',
      'TIMESTAMP WITH TIME ZONE',
      'ENUM',
    ])
    expect(type.children[0]?.type.children[1]?.type.children[0]?.type.name).toBe('HUGEINT')
    const unnamed = parseSqlType('STRUCT(INTEGER, TIME WITH TIME ZONE, VARCHAR[])')
    expect(unnamed.children.map(({ name, type }) => [name, type.name])).toEqual([
      ['', 'INTEGER'],
      ['', 'TIME WITH TIME ZONE'],
      ['', 'LIST'],
    ])
  })
})
