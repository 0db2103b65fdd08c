import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lines } from '../../../src/formats/lines/index.ts'
import { anyLines } from '../../scan/support/corpus.ts'
import { numbered } from '../../scan/support/harness.ts'
import { readAll } from '../text/reading.ts'

describe('lines', () => {
  it('are what LF ends, however the bytes come', () => {
    const grows = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(anyLines, grows, fc.integer({ min: 1, max: 9 }), ({ raw, rows }, sizes, maxRows) => {
        expect(readAll(lines, raw, { grows: sizes, maxRows }).rows).toEqual(numbered(rows))
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r\n\r\nb\r', ['a', '', 'b']],
    ['a\rb\n', ['a\rb']],
    ['\ufeffa\n', ['\ufeffa']],
  ])('of %j', (text, expected) => {
    expect(readAll(lines, Buffer.from(text)).rows).toEqual(numbered(expected.map((line) => [line])))
  })

  it('that are not UTF-8 are refused, or passed over one by one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('good', 'é', '\xff', '\xc3', '漢'), { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
        (texts, grows) => {
          const bad = (text: string) => text === '\xff' || text === '\xc3'
          const parts = texts.map((text) => Buffer.from(`${text}\n`, bad(text) ? 'latin1' : 'utf8'))
          const bytes = Buffer.concat(parts)
          const { rows, rejects } = readAll(lines, bytes, { grows, maxRows: 5, ignoreErrors: true })
          expect(rows).toEqual(numbered(texts.filter((text) => !bad(text)).map((text) => [text])))
          const starts = texts.flatMap((text, i) =>
            bad(text) ? [Buffer.concat(parts.slice(0, i)).length] : [],
          )
          expect(rejects.map(({ at }) => at)).toEqual(starts)
          const first = texts.findIndex(bad)
          if (first >= 0) {
            expect(() => readAll(lines, bytes, { grows, maxRows: 5 })).toThrow(
              `lines: line ${first} is not valid UTF-8`,
            )
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('refuses options, and what is no text', () => {
    expect(() => lines.layout(Buffer.from('a'), true, { delim: ',' })).toThrow(/unknown option "delim"/)
    expect(() => lines.layout(Buffer.from('a\0b'), true, {})).toThrow('lines: byte 1 is NUL, expected text')
    expect(lines.detect('x.txt', Buffer.from('text \xff text', 'latin1'))).toBe(false)
    // A character that the head's end cuts is none of the file's faults.
    expect(lines.detect('x.txt', Buffer.from('aé').subarray(0, 2))).toBe(true)
  })
})
