import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { words } from '../../../src/formats/words/index.ts'
import { syncWords } from '../../../src/formats/words/reader.ts'
import { anyWords } from '../../scan/support/corpus.ts'
import { numbered } from '../../scan/support/harness.ts'
import { readAll } from '../text/reading.ts'

describe('words', () => {
  it('are what white space separates, however the bytes come', () => {
    const grows = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(anyWords, grows, fc.integer({ min: 1, max: 9 }), ({ raw, rows }, sizes, maxRows) => {
        expect(readAll(words, raw, { grows: sizes, maxRows }).rows).toEqual(numbered(rows))
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['', []],
    [' \n', []],
    ['a', ['a']],
    ['\ta\v\fb\r\n ', ['a', 'b']],
    // Only ASCII white space separates, as in C's isspace.
    ['a\u00a0b\u2003c', ['a\u00a0b\u2003c']],
  ])('of %j', (text, expected) => {
    expect(readAll(words, Buffer.from(text)).rows).toEqual(numbered(expected.map((word) => [word])))
  })

  it('that are not UTF-8 are passed over one by one, at the byte where they begin', () => {
    const bytes = Buffer.from('  one \xff two\n\xc3\xa9 \xc3 three ', 'latin1')
    const { rows, rejects } = readAll(words, bytes, { grows: [3], maxRows: 2, ignoreErrors: true })
    expect(rows).toEqual(numbered([['one'], ['two'], ['é'], ['three']]))
    expect(rejects.map(({ at, record }) => [at, record])).toEqual([
      [6, 1],
      [15, 3],
    ])
  })

  it('are found from any offset', () => {
    const bytes = Buffer.from(' one two  three')
    const starts = [1, 5, 10]
    for (let from = 0; from <= bytes.length; from++)
      expect(syncWords(bytes, from, bytes.length)).toBe(starts.find((start) => start >= from) ?? -1)
  })

  it('are never guessed', () => {
    expect(words.detect('a.words', Buffer.from('one two'))).toBe(false)
  })
})
