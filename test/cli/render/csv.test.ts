import fc from 'fast-check'
import { expect, test } from 'vitest'
import { col, result } from '../vectors.ts'
import { render } from './render.ts'

test('quotes what RFC 4180 asks for, and tells NULL from the empty string', async () => {
  const text = await render(
    result([
      col('a,b', 'VARCHAR', ['x,y', 'a"b', '', null, 'nl\nx', ' sp', 'cr\rx']),
      col('n', 'INTEGER', [1, 2, 3, null, 5, 6, 7]),
    ]),
    'csv',
  )
  expect(text).toBe('"a,b",n\n"x,y",1\n"a""b",2\n"",3\n,\n"nl\nx",5\n sp,6\n"cr\rx",7\n')
})

test('reads back as it was', async () => {
  const value = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[,"\r\n a]*$/)), {
    nil: null,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value), { maxLength: 20 }),
      fc.integer({ min: 1, max: 7 }),
      async (rows, size) => {
        const columns = [0, 1].map((c) =>
          col(
            `c${c}`,
            'VARCHAR',
            rows.map((row) => row[c]!),
          ),
        )
        const text = await render(result(columns, size), 'csv')
        // Lone surrogates have no UTF-8; columns cannot hold them either.
        const expected = rows.map((row) => row.map((cell) => cell && Buffer.from(cell).toString()))
        expect(readCsv(text)).toEqual([['c0', 'c1'], ...expected])
      },
    ),
    { numRuns: 200 },
  )
})

test('hands on large batches in pieces', async () => {
  const { csvWriter } = await import('../../../src/cli/render/csv.ts')
  const rows = Array.from({ length: 2048 }, (_, i) => `${i}`.repeat(40))
  const { columns, batches } = result([col('t', 'VARCHAR', rows)])
  const writer = csvWriter()
  const pieces = [...writer.begin(columns)]
  for await (const batch of batches) pieces.push(...writer.batch(batch))
  expect(pieces.length).toBeGreaterThan(3)
  expect(pieces.join('')).toBe(`t\n${rows.join('\n')}\n`)
})

/** A reader by the letter of the RFC, unquoted empty fields as null. */
function readCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gy
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    row.push(match[1] === undefined ? match[2] || null : match[1].replaceAll('""', '"'))
    if (match[3] !== '\n') continue
    rows.push(row)
    row = []
  }
  return rows
}
