import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csv } from '../../../src/formats/csv/index.ts'
import type { Options } from '../../../src/formats/text/types.ts'
import { encode, readLayout, WHOLE } from './support.ts'

/** Where records begin, found by reading them one by one. */
function starts(
  text: string,
  options: Options,
): { bytes: Uint8Array; layout: ReturnType<typeof csv.layout>; at: number[] } {
  const bytes = encode(text)
  const layout = csv.layout(bytes, true, options)
  const { stops } = readLayout(layout, bytes, { ...WHOLE, maxRows: () => 1, projection: [] })
  return { bytes, layout, at: [layout.dataStart, ...stops] }
}

const word = fc.constantFrom('alpha', 'b c', '17', '', 'Ωμέγα', '3.5', '2020-01-02')
const quoted = fc.constantFrom(
  '"x, y"',
  '"line\nbreak"',
  '"a ""quoted"" word"',
  '"one\n\ntwo\nthree"',
  '"1,2\n3,4"',
)

describe('sync', () => {
  it('finds a true record start from any offset', () => {
    const field = fc.oneof({ weight: 4, arbitrary: word }, { weight: 1, arbitrary: quoted })
    const table = fc.array(fc.tuple(fc.nat(999), field, field, fc.nat(999)), { minLength: 30, maxLength: 60 })
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, newline) => {
        const text =
          ['id,a,b,n', ...rows.map((row) => row.join(',').replaceAll('\n', newline))].join(newline) + newline
        const { bytes, layout, at } = starts(text, { delim: ',', quote: '"', escape: '"', header: true })
        for (let from = layout.dataStart + 1; from < bytes.length; from += 7) {
          const found = csv.sync(layout, bytes, from, bytes.length, true)
          // Near the end little is left to tell by.
          if (from < bytes.length / 2) expect(found).toBe(at.find((start) => start >= from))
          else expect(found === -1 || at.includes(found)).toBe(true)
        }
      }),
      { numRuns: 60, endOnFailure: true },
    )
  })

  it('needs no bytes behind its window', () => {
    const text = `a,b\n${Array.from({ length: 100 }, (_, i) => `${i},"x\n${i}"\n`).join('')}`
    const { bytes, layout, at } = starts(text, {})
    const window = bytes.slice(300, 700)
    const found = csv.sync(layout, window, 1, window.length, false)
    expect(found + 300).toBe(at.find((start) => start > 300))
  })

  it('from is a record start itself', () => {
    const { bytes, layout, at } = starts('a,b\n1,2\n3,4\n5,6\n', {})
    expect(csv.sync(layout, bytes, 8, bytes.length, true)).toBe(8)
    expect(at).toContain(8)
  })

  it('the line feed of a CRLF belongs to the record before', () => {
    const { bytes, layout } = starts('a,b\r\n1,2\r\n3,4\r\n', {})
    expect(csv.sync(layout, bytes, 9, bytes.length, true)).toBe(10)
  })

  it('blank and comment lines belong to the record before', () => {
    const { bytes, layout } = starts('a,b\n1,2\n\n# c\n3,4\n', { comment: '#' })
    expect(csv.sync(layout, bytes, 6, bytes.length, true)).toBe(13)
  })

  it('-1 where nothing shows', () => {
    const { layout } = starts('a,b\n1,2\n3,4\n', {})
    const bytes = encode('xxxxxxxxxxxxxxxxxx')
    expect(csv.sync(layout, bytes, 3, bytes.length, false)).toBe(-1)
  })
})
