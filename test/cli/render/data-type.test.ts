import { expect, test } from 'vitest'
import { columnOf, structType } from '../../../src/cli/render/data-type.ts'
import { typeName } from '../../../src/library/type-name.ts'

test.each([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'BLOB',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
  'DECIMAL(9,2)',
  'DECIMAL(38,0)[]',
  'VARCHAR[][]',
  'STRUCT(width INTEGER, tags VARCHAR[], "at" STRUCT(lat DOUBLE, seen TIMESTAMP WITH TIME ZONE))[]',
])('%s is read as it is written', (sqlType) => {
  expect(typeName(columnOf('x', sqlType).type)).toBe(sqlType)
})

test('names of fields may be anything', () => {
  const fields = [
    { name: 'seen at', type: 'DATE' },
    { name: 'say "hi", (x)', type: 'STRUCT(a DECIMAL(4,1))' },
  ]
  expect(columnOf('x', structType(fields)).type).toEqual({
    kind: 'struct',
    fields: [
      { name: 'seen at', type: { kind: 'date' } },
      {
        name: 'say "hi", (x)',
        type: { kind: 'struct', fields: [{ name: 'a', type: { kind: 'decimal', precision: 4, scale: 1 } }] },
      },
    ],
  })
  expect(columnOf('x', structType([])).type).toEqual({ kind: 'struct', fields: [] })
})

test('types without a layout of their own are text', () => {
  for (const sqlType of ['UUID', "ENUM('a', 'b')", 'JSON', 'no such type'])
    expect(columnOf('x', sqlType).type).toEqual({ kind: 'utf8' })
})
