import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../../src/formats/text/types.ts'
import { duckdb, ours, type Table } from './support.ts'

/** Texts and options that show one rule each. */
const CASES: readonly (readonly [rule: string, text: string, options?: Options])[] = [
  ['nothing', ''],
  ['a line end', '\n'],
  ['three line ends', '\n\n\n'],
  ['one name', 'a\n'],
  ['one number', '5\n'],
  ['a header only', 'a,b,c\n'],
  ['texts: the first row is the header', 'a,b,c\nd,e,g\n'],
  ['numbers only: no header', '1,2,3\n'],
  ['empty names', ',b,\n1,2,3\n'],
  ['equal names', 'a b, a b,a b,A B\n1,2,3,4\n'],
  ['an empty field in the first row of texts', ',b\nx,y\n'],
  ['a column without values', 'a,b\n,1\n,3\n'],
  ['a column that begins without values', 'a,b\n,1\n5,3\n'],
  ['a boolean column that is none', 'a,b\ntrue,1\n2,3\n'],
  ['a date column that is none', 'a\n2020-01-01\n5\n'],
  ['a time column that is none', 'a\n12:00:00\n5\n'],
  ['dates and timestamps', 'a\n2020-01-01\n2020-01-01 10:00:00\n'],
  ['an offset after timestamps without one', 'a\n2020-01-01 10:00:00\n2020-01-01 10:00:00+02\n'],
  ['an offset before', 'a\n2020-01-01 10:00:00+02\n2020-01-01 10:00:00\n'],
  ['a named zone', 'a\n2020-01-01 10:00:00 Europe/Berlin\n2020-07-01 10:00:00 America/New_York\n'],
  ['Z', 'a\n2020-01-01T10:00:00Z\n'],
  ['nanoseconds', 'a\n2020-01-01T10:00:00.123456789\n'],
  ['integers, then a fraction, then a word', 'a\n1\n2.5\nx\n'],
  ['an integer beyond 64 bits', 'a,b\n9223372036854775808,1\n1,2\n'],
  ['the ends of 64 bits', 'a,b\n9223372036854775807,-9223372036854775808\n1,2\n'],
  ['day first', 'a,b\n01/02/2020,1\n13/02/2020,2\n'],
  ['month first', 'a,b\n01/13/2020,1\n02/01/2020,2\n'],
  ['one format for all date columns', 'a,b\n01/02/2020,01/02/2020\n05/02/2020,13/02/2020\n'],
  ['year first', 'a,b\n2020/02/03,1\n2020/03/04,2\n'],
  ['short years', 'a,b\n20-02-13,1\n20-03-14,2\n'],
  ['dots', 'a,b\n1.2.2020,1\n13.2.2020,2\n'],
  ['day first with a time', 'a,b\n01/02/2020 10:11:12,1\n13/02/2020 10:11:12,2\n'],
  ['half days', 'a,b\n01/02/2020 10:11:12 PM,1\n01/13/2020 10:11:12 AM,2\n'],
  ['no known format', 'a,b\n01/02/2020 10:11,1\n13/02/2020 10:11,2\n'],
  ['spaces around integers', 'a,b\n 1,1\n2 ,2\n'],
  ['spaces around fractions', 'a,b\n 1.5,1\n2 ,2\n'],
  ['leading zeros', 'a,b\n007,1\n008,2\n'],
  ['leading signs', 'a,b\n+7,1\n-8,2\n'],
  ['exponents and names of numbers', 'a,b\n1e5,nan\n-8,inf\n'],
  ['hexadecimal', 'a\n0x1F\n'],
  ['blank lines', 'a,b\n1,2\n\n3,4\n\n'],
  ['blank lines in one column', 'a\n1\n\n3\n\n'],
  ['blank lines with CRLF', 'a,b\r\n1,2\r\n\r\n3,4\r\n'],
  ['blank lines with CRLF in one column', 'a\r\n1\r\n\r\n3\r\n'],
  ['CR alone', 'a,b\r1,2\r\r3,4\r'],
  ['LF, then CRLF', 'a,b\n1,2\r\n3,4\n'],
  ['CRLF, then LF', 'a,b\r\n1,2\n3,4\r\n'],
  ['CRLF, then CR', 'a,b\r\n1,2\r3,4\r\n'],
  ['LF, then CRLF in one column', 'a\n1\r\n3\n'],
  ['a line end in quotes', 'a,b\n1,"x\ny"\n2,z\n'],
  ['doubled quotes', 'a,b\n1,"x""y"\n2,"z"\n'],
  ['backslashes', 'a,b\n1,"x\\"y"\n2,"z"\n'],
  ['single quotes', "a,b\n1,'x,y'\n2,'z'\n"],
  ['text behind a quote', 'a,b\n1,"x"y\n2,"z"\n'],
  ['spaces around quotes', 'a,b\n1,"x" \n2, "z"\n'],
  ['two spaces before a quote', 'a,b\n1,"x"\n2,  "z"\n'],
  ['quotes inside', 'a,b\n1,x"y"\n2,z\n'],
  ['an empty quoted field', 'a,b\n1,""\n2,\n'],
  ['quoted numbers', 'a,b\n"1","2.5"\n"3","4"\n'],
  ['too many fields', 'a,b\n1,2,3\n2,3\n'],
  ['too few fields', 'a,b\n1\n2,3\n'],
  ['a note before the header', 'note\na,b\n1,2\n2,3\n'],
  ['a delimiter at the end of rows', 'a,b\n1,2,\n2,3,\n'],
  ['a delimiter at the end of all lines', 'a,b,\n1,2,\n2,3,\n'],
  ['comments', '# c\na,b\n1,2\n# d\n2,3\n'],
  ['comments behind values', 'a,b\n1,2#x\n2,3\n', { comment: '#' }],
  ['another comment sign', '% c\na,b\n1,2\n2,3\n', { comment: '%' }],
  ['a byte-order mark', '\ufeffa,b\n1,2\n'],
  ['pipes', 'a|b\n1|2\n'],
  ['semicolons and commas', 'a;b\n1,5;2\n2,5;3\n'],
  ['tabs', 'a\tb\n1\t2\n'],
  ['two-byte delimiters', 'a::b\n1::2\n', { delim: '::' }],
  ['four-byte delimiters', 'a🦆b\n1🦆2\n', { delim: '🦆' }],
  ['a delimiter that is not looked for', 'a:b\n1:2\n'],
  ['a space as delimiter', 'a b\n1 2\n', { sep: ' ' }],
  ['an escaped tab as delimiter', 'x\ty\n1\t2\n', { delim: '\\t' }],
  ['no delimiter', 'x,y\n1,2\n', { delim: '' }],
  ['no quote', 'x,y\n"1",2\n', { quote: '', escape: '' }],
  ['an unusual quote', 'x,y\n~1,2~,3\n', { quote: '~' }],
  ['an unusual escape', 'x,y\n"1^"2",3\n"4",5\n', { escape: '^' }],
  ['decimal commas', 'a;b\n1,5;2\n', { decimal_separator: ',' }],
  ['a text for null', 'a,b\n1,NA\n2,3\n', { nullstr: 'NA' }],
  ['empty is no null then', 'a,b\n1,NA\n2,\n', { nullstr: 'NA' }],
  ['blank lines are no rows then', 'a\n1\n\n2\n', { nullstr: 'NA' }],
  ['two texts for null', 'a,b\n1,NA\n2,\n', { nullstr: ['NA', ''] }],
  ['a number for null', 'a,b\n1,-999\n2,3.5\n', { nullstr: '-999' }],
  ['quoted texts for null', 'a,b\n1,"NA"\n2,x\n', { nullstr: 'NA' }],
  ['quoted texts for null, not allowed', 'a,b\n1,"NA"\n2,x\n', { nullstr: 'NA', allow_quoted_nulls: false }],
  ['padding', 'a,b\n1,2\n3\n', { null_padding: true }],
  ['padding the header', 'a,b\n1,2\n3,4,5\n', { null_padding: true }],
  ['leaving bad rows out', 'a,b\n1,2\n3,4,5\n6,7\n', { ignore_errors: true }],
  ['names and types', '1,2\n3,4\n', { columns: { a: 'BIGINT', b: 'VARCHAR' } }],
  ['names and types over a header', 'x,y\n3,4\n', { columns: { a: 'BIGINT', b: 'VARCHAR' } }],
  ['texts over a first row', 'x,y\n3,4\n', { columns: { a: 'VARCHAR', b: 'VARCHAR' } }],
  ['too few columns given', 'a,b\n1,2\n', { columns: { a: 'BIGINT' } }],
  [
    'without detection',
    'a,b\n1,2\n3,4,\n',
    { columns: { a: 'INTEGER', b: 'DOUBLE' }, auto_detect: false, header: true },
  ],
  ['a name', 'x,y\n3,4\n', { names: ['p'] }],
  ['too many names', 'x,y\n3,4\n', { names: ['p', 'q', 'r'] }],
  ['a type by name', 'x,y\n3,4\n', { types: { x: 'VARCHAR' } }],
  ['a type by place', 'x,y\n3,4\n', { dtypes: ['VARCHAR'] }],
  ['a type for no column', 'x,y\n3,4\n', { types: { z: 'VARCHAR' } }],
  ['all texts', 'x,y\n1,2\n', { all_varchar: true }],
  ['all texts without a header', '1,2\n3,4\n', { all_varchar: true }],
  ['no header, said', 'x,y\n3,4\n', { header: false }],
  ['a header, said', '1,2\n3,4\n', { header: true }],
  ['skipping a line', '1,2\n3,4\n', { skip: 1 }],
  ['skipping a blank line', '\n1,2\n3,4\n', { skip: 1 }],
  ['skipping the blank line before another', '\n\n4.5\nx\n', { skip: 1 }],
  ['skipping more than there is', '1,2\n', { skip: 2 }],
  ['skipping a note', 'some note, here\nx,y\n3,4\n', { skip: 1 }],
  ['a date format', 'x,y\n2020-01-02,2\n2020-03-02,4\n', { dateformat: '%Y-%d-%m' }],
  ['a date format with names', 'x,y\n3 Mar 2020,2\n14 Dec 2019,4\n', { dateformat: '%d %b %Y' }],
  ['a timestamp format', 'x,y\n2020-01-02 10:00:00,2\n', { timestampformat: '%Y-%d-%m %H:%M:%S' }],
  [
    'a timestamp format with a fraction',
    'x,y\n02.01.2020 10:00:00.5,2\n',
    { timestampformat: '%d.%m.%Y %H:%M:%S.%f' },
  ],
  ['a longest line', 'x,y\n1,2222222222222222222222\n', { max_line_size: 10 }],
]

describe('sniffing, against DuckDB', () => {
  for (const [rule, text, options] of CASES) {
    it(rule, async () => {
      const expected = await duckdb(text, options)
      const actual = ours(text, options)
      if (typeof expected === 'string') expect(actual).toBeTypeOf('string')
      else expect(actual).toEqual(expected)
    })
  }

  it('keeps the rows that DuckDB 1.5 loses', async () => {
    const lost: readonly (readonly [string, Options, readonly string[], number])[] = [
      ['\r\nname\r\nx\r\ny\r\n', {}, ['name'], 2],
      ['note\r\nname\r\nx\r\n', { skip: 1 }, ['name'], 1],
      ['# note\nnote\nid,n\nx,22\n4.5,22\n', {}, ['id', 'n'], 2],
    ]
    for (const [text, options, names, rows] of lost) {
      const table = ours(text, options) as Table
      expect([table.names, table.rows.length]).toEqual([names, rows])
      expect(await duckdb(text, options), `fixed in DuckDB: ${JSON.stringify(text)}`).not.toEqual(table)
    }
  })

  it('many columns', async () => {
    const text = `${Array.from({ length: 120 }, (_, i) => i).join(',')}\n`
    expect(ours(text)).toEqual(await duckdb(text))
  })

  it('types that change behind the first 2048 rows', async () => {
    const later = (early: string, late: string) =>
      `a,b\n${`${early},1\n`.repeat(3000)}${late},1\n${`${early},1\n`.repeat(50)}`
    for (const [early, late] of [
      ['1', '1.5'],
      ['1', 'x'],
      ['true', '1'],
      ['2020-01-01', '2020-01-01 10:00:00'],
      ['', '7'],
      ['', 'false'],
      ['1.5', ''],
    ] as const) {
      const text = later(early, late)
      expect(ours(text), `${early} ${late}`).toEqual(await duckdb(text))
    }
  })

  it('quotes that come behind the first 2048 rows', async () => {
    const text = `a,b\n${'1,x\n'.repeat(3000)}2,"y,""z"""\n${'1,x\n'.repeat(10)}`
    expect(ours(text)).toEqual(await duckdb(text))
  })

  it('types that change behind the sample are errors', async () => {
    const text = `a,b\n${'1,1\n'.repeat(21000)}x,1\n`
    expect(await duckdb(text)).toBeTypeOf('string')
    expect(ours(text)).toBe('csv: record 21000 has "x" in column "a", expected BIGINT')
  })

  it('small tables of odd values', async () => {
    const value = fc.constantFrom(
      '',
      '1',
      '-2',
      '3.5',
      'x',
      'true',
      '2020-01-02',
      '12:30:00',
      'a b',
      '1e3',
      '07',
      ' 4',
    )
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((columns) =>
        fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 5 }),
      )
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', '|', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        async (rows, delim, end) => {
          // A first line that is empty of values and bytes is another matter.
          const text = rows.map((row) => row.join(delim) + end).join('')
          expect(ours(text)).toEqual(await duckdb(text))
        },
      ),
      { numRuns: 150 },
    )
  })
})
