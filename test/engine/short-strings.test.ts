/** DuckDB's strings of short texts, against the layout said byte by byte. */

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { shortStrings } from '../../src/engine/thread/short-strings.ts'

function vectorOf(texts: readonly Uint8Array[], before: number): { values: Uint8Array; offsets: Int32Array } {
  const values = Uint8Array.from([
    ...new Uint8Array(before).fill(0xee),
    ...texts.flatMap((text) => [...text]),
  ])
  const offsets = new Int32Array(texts.length + 1)
  offsets[0] = before
  texts.forEach((text, i) => {
    offsets[i + 1] = offsets[i]! + text.length
  })
  return { values, offsets }
}

/** duckdb_string_t of duckdb.h: the length in 4 bytes, and 12 for the text, zeros behind it. */
const layoutOf = (texts: readonly Uint8Array[]): number[] =>
  texts.flatMap((text) => [text.length, 0, 0, 0, ...text, ...Array<number>(12 - text.length).fill(0)])

function made(texts: readonly Uint8Array[], before = 0): number[] | undefined {
  const { values, offsets } = vectorOf(texts, before)
  const strings = shortStrings(values, offsets)
  return strings && [...new Uint8Array(strings.buffer, strings.at, texts.length * 16)]
}

const texts = fc.array(fc.uint8Array({ maxLength: 12 }), { minLength: 1, maxLength: 300 })

it('holds each text and zeros behind it, whatever stands around it', () => {
  fc.assert(
    fc.property(texts, fc.nat(50), (some, before) => {
      expect(made(some, before)).toEqual(layoutOf(some))
    }),
  )
})

test.each(Array.from({ length: 13 }, (_, length) => length))('has texts of %i bytes', (length) => {
  const full = Array.from({ length: 5 }, () => new Uint8Array(length).fill(255))
  expect(made(full)).toEqual(layoutOf(full))
})

describe('gives nothing', () => {
  const short = new Uint8Array(3).fill(65)
  it.each([0, 1, 99])('when text %i of 100 is longer than 12 bytes', (at) => {
    const some = Array.from({ length: 100 }, (_, i) => (i === at ? new Uint8Array(13).fill(66) : short))
    expect(made(some)).toBeUndefined()
  })

  it('when the texts are more than its memory is for', () => {
    expect(made(Array.from({ length: 65_537 }, () => short))).toBeUndefined()
  })
})

it('has room for as many as it takes, and for few after them', () => {
  const many = Array.from({ length: 65_536 }, (_, i) => Uint8Array.from({ length: 12 }, (_, k) => i + k))
  expect(Buffer.compare(Buffer.from(made(many)!), Buffer.from(layoutOf(many)))).toBe(0)
  const few = [Uint8Array.of(1), Uint8Array.of()]
  expect(made(few)).toEqual(layoutOf(few))
})
