import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../src/errors.ts'
import { csv } from '../../../src/formats/csv/index.ts'
import type { Options } from '../../../src/formats/text/types.ts'
import { encode } from './support.ts'

const layout = (options: Options, text = 'a,b\n1,2\n') => csv.layout(encode(text), true, options)

describe('options', () => {
  const wrong: readonly (readonly [Options, ErrorCode, string])[] = [
    [{ delimm: ',' }, 'invalid-input', 'csv: unknown option "delimm", expected one of all_varchar, '],
    [
      { delim: ',', sep: ';' },
      'invalid-input',
      'csv: options delim and sep mean the same, expected one of them',
    ],
    [{ delim: 'abcde' }, 'invalid-input', 'csv: option delim is "abcde", expected at most four bytes'],
    [{ quote: 'ab' }, 'invalid-input', 'csv: option quote is "ab", expected one ASCII character, or none'],
    [{ quote: ',', delim: ',' }, 'invalid-input', 'csv: options delim and quote must not be the same'],
    [{ header: 'maybe' }, 'invalid-input', 'csv: option header is "maybe", expected true or false'],
    [{ skip: -1 }, 'invalid-input', 'csv: option skip is "-1", expected an integer of at least 0'],
    [{ skip: 'x' }, 'invalid-input', 'csv: option skip is "x", expected an integer of at least 0'],
    [{ names: [1] }, 'invalid-input', 'csv: option names is [1], expected a list of texts'],
    [
      { names: ['a', 'A'] },
      'invalid-input',
      'csv: option names is ["a","A"], expected every name once; "A" comes twice',
    ],
    [{ columns: [] }, 'invalid-input', 'csv: option columns is [], expected a struct of names and types'],
    [
      { columns: { a: 'BIGINT' }, types: ['BIGINT'] },
      'invalid-input',
      'csv: options columns and types exclude each other',
    ],
    [
      { types: { a: 'BLOB' } },
      'unsupported',
      'csv: columns of type "BLOB" are not supported, expected one of BOOLEAN',
    ],
    [{ types: { z: 'DATE' } }, 'invalid-input', 'csv: types names the column "z", the file has a, b'],
    [{ encoding: 'latin-1' }, 'unsupported', 'csv: encoding "latin-1" is not supported, expected utf-8'],
    [{ strict_mode: false }, 'unsupported', 'csv: strict_mode := false is not supported'],
    [{ auto_detect: false }, 'invalid-input', 'csv: auto_detect := false wants the columns'],
    [
      { decimal_separator: ';' },
      'invalid-input',
      'csv: option decimal_separator is ";", expected "." or ","',
    ],
    [{ dateformat: '%Q' }, 'invalid-input', 'csv: "%Q" in the format "%Q" is not known'],
    [{ new_line: 'x' }, 'invalid-input', 'csv: option new_line is "x", expected \\n, \\r or \\r\\n'],
    [
      { columns: { a: 'BIGINT', b: 'BIGINT', c: 'DATE' } },
      'invalid-data',
      'csv: no delimiter and quote read the first records alike with the 3 columns',
    ],
  ]
  for (const [options, code, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      const text = options.dateformat === undefined ? 'a,b\n1,2\n' : 'a,b\n2020-01-01,2\n2020-01-02,3\n'
      expect(() => layout(options, text)).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(message) }),
      )
    })
  }

  it('names itself where the file has a record column already', () => {
    expect(() => layout({ record: true }, 'record,b\n1,2\n')).toThrow('a column "record" of its own')
  })

  it('a layout is plain JSON', () => {
    const made = layout({ types: { a: 'DATE' }, nullstr: ['', 'NA'], record: true }, 'a,b\n2020-01-01,x\n')
    expect(JSON.parse(JSON.stringify(made))).toEqual(made)
  })
})

describe('detection', () => {
  const is = (path: string, text: string) => csv.detect(path, encode(text))
  it('by the first records, not by the name', () => {
    expect(is('x.dat', 'a,b\n1,2\n')).toBe(true)
    expect(is('x.dat', 'a\tb\n1\t2\n')).toBe(true)
    expect(is('x.dat', 'one line\nanother line\n')).toBe(false)
    expect(is('x.csv', 'a\0b,c')).toBe(false)
    expect(is('x.fq', '@r1\nACGT\n+\nIIII\n')).toBe(false)
  })
  it('one column by the name', () => {
    expect(is('x.csv', 'a\n1\n')).toBe(true)
    expect(is('x.csv.gz', 'a\n1\n')).toBe(true)
    expect(is('x.txt', 'a\n1\n')).toBe(false)
  })
})
