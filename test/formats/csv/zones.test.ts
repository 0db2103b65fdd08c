import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csv } from '../../../src/formats/csv/index.ts'
import { encode, readLayout, type Value, WHOLE } from './support.ts'

const zoneOf = (text: string, options = {}, projection?: number[]) => {
  const bytes = encode(text)
  const layout = csv.layout(bytes, true, options)
  return readLayout(layout, bytes, { ...WHOLE, zones: true, ...(projection && { projection }) }).zones[0]!
}

describe('zones', () => {
  it('of every type', () => {
    const text = `i,d,t,day,at,flag,n\n5,1.5,b,2020-01-02,2020-01-01 00:00:01,true,\n-7,-2.5,ä,2019-01-01,1970-01-01 00:00:00,true,\n,,,,,,\n`
    expect(zoneOf(text)).toEqual([
      { min: -7n, max: 5n, nulls: true },
      { min: -2.5, max: 1.5, nulls: true },
      { min: 'b', max: 'ä', nulls: true },
      { min: 17897, max: 18263, nulls: true },
      { min: 0n, max: 1577836801000000n, nulls: true },
      { min: true, max: true, nulls: true },
      { min: null, max: null, nulls: true },
    ])
  })

  it('without any column asked for', () => {
    expect(zoneOf('a,b\n1,x\n2,y\n', {}, [])).toEqual([
      { min: 1n, max: 2n, nulls: false },
      { min: 'x', max: 'y', nulls: false },
    ])
  })

  it('exact beyond 2^53', () => {
    expect(zoneOf('a\n9223372036854775806\n9223372036854775807\n-9223372036854775808\n')[0]).toEqual({
      min: -9223372036854775808n,
      max: 9223372036854775807n,
      nulls: false,
    })
  })

  it('not a number is above all numbers', () => {
    expect(zoneOf('a\n1.5\nnan\n-2\n')[0]).toEqual({ min: -2, max: Number.POSITIVE_INFINITY, nulls: false })
  })

  it('a value that does not fit makes the zone of a column nobody asked for hold everything', () => {
    const layout = csv.layout(encode('a,b,c\n1,2.5,x\n'), true, {})
    const bytes = encode('a,b,c\n1,2.5,x\nfoo,bar,y\n')
    const { rows, zones } = readLayout(layout, bytes, { ...WHOLE, zones: true, projection: [2] })
    expect(rows).toEqual([['x'], ['y']])
    expect(zones[0]!.slice(0, 2)).toEqual([
      { min: -9223372036854775808n, max: 9223372036854775807n, nulls: true },
      { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, nulls: true },
    ])
  })

  it('hold all values of their records, however these are read', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 90 }),
      fc.constantFrom('\u{10ffff}'.repeat(40), 'z'.repeat(99)),
    )
    const row = fc.tuple(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      text,
    )
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 6 }),
        (rows, most) => {
          const options = {
            columns: { i: 'BIGINT', d: 'DOUBLE', t: 'VARCHAR' },
            auto_detect: false,
            quote: '"',
            escape: '"',
          }
          const lines = rows.map(([i, d, t]) => `${i},${d},"${t.replaceAll('"', '""')}"\n`).join('')
          const bytes = encode(lines)
          const layout = csv.layout(bytes, true, options)
          const read = readLayout(layout, bytes, { ...WHOLE, zones: true, maxRows: () => most })
          let at = 0
          for (const zones of read.zones) {
            const part = read.rows.slice(at, at + most)
            at += part.length
            for (const [column, { min, max }] of zones.entries()) {
              for (const values of part) {
                const value = values[column]!
                if (value === null) continue
                expect(
                  order(min, value) <= 0 && order(value, max) <= 0,
                  `${String(min)} ${String(value)} ${String(max)}`,
                ).toBe(true)
              }
            }
          }
          expect(at).toBe(read.rows.length)
        },
      ),
      { numRuns: 150 },
    )
  })
})

function order(a: Value, b: Value): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a! < b! ? -1 : a! > b! ? 1 : 0
}
