import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchBuffers } from '../../../src/formats/batch.ts'
import { csv } from '../../../src/formats/csv/index.ts'
import type { Options } from '../../../src/formats/text/types.ts'
import { duckdb, encode, type Feeding, ours, readLayout, type Table, WHOLE } from './support.ts'

interface Dialect {
  readonly delim: string
  readonly quote: string
  readonly escape: string
  readonly newline: string
}

const dialects: fc.Arbitrary<Dialect> = fc
  .record({
    delim: fc.constantFrom(',', '|', ';', '\t', '::'),
    quote: fc.constantFrom('"', "'"),
    escape: fc.constantFrom('quote', '\\'),
    newline: fc.constantFrom('\n', '\r\n', '\r'),
  })
  .map((d) => ({ ...d, escape: d.escape === 'quote' ? d.quote : d.escape }))

/** One column's values: what is written, before quoting. */
const columns: readonly fc.Arbitrary<string>[] = [
  fc.oneof(fc.integer().map(String), fc.constant('')),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.nat(9999).map((n) => `${n / 100}`),
  ),
  fc.integer({ min: -20000, max: 40000 }).map((d) => new Date(d * 86400000).toISOString().slice(0, 10)),
  fc
    .integer({ min: 0, max: 2 ** 31 })
    .map((s) => new Date(s * 1000).toISOString().slice(0, 19).replace('T', ' ')),
  fc.constantFrom('true', 'false'),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((s) => !s.includes('\0')),
  fc.constantFrom(
    'a',
    'b "quoted" word',
    "it's",
    'line\nbreak',
    'two\r\nlines',
    'back\\slash',
    '',
    ' spaced ',
    'Ωμέγα',
    '🦆',
    ',;|\t::',
  ),
]

const SPECIAL = /[\r\n"'\\,;|\t:#]|^ | $|^$/

function write(
  rows: readonly (readonly string[])[],
  { delim, quote, escape: sign, newline }: Dialect,
): string {
  const field = (text: string): string => {
    if (!SPECIAL.test(text) || text === '') return text
    return quote + [...text].map((c) => (c === quote || c === sign ? sign + c : c)).join('') + quote
  }
  return rows.map((row) => row.map(field).join(delim) + newline).join('')
}

const tables = fc.array(fc.nat(columns.length - 1), { minLength: 2, maxLength: 6 }).chain((kinds) =>
  fc.record({
    dialect: dialects,
    rows: fc.array(fc.tuple(...kinds.map((kind) => columns[kind]!)), { minLength: 1, maxLength: 30 }),
    names: fc.constant(kinds.map((_, i) => `c${i}`)),
  }),
)

const given = ({ delim, quote, escape: sign }: Dialect): Options => ({
  delim,
  quote,
  escape: sign,
  header: true,
})

const feedings: fc.Arbitrary<Feeding> = fc
  .record({
    grow: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
    rows: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    ranges: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
  })
  .map(({ grow, rows, ranges }) => {
    const cycle = (list: number[]) => {
      let i = 0
      return () => list[i++ % list.length]!
    }
    return { grow: cycle(grow), maxRows: cycle(rows), until: cycle(ranges) }
  })

describe('reading', () => {
  it('random tables in random dialects, as DuckDB does', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async ({ dialect, rows, names }) => {
        const text = write([names, ...rows], dialect)
        const expected = await duckdb(text, given(dialect))
        const actual = ours(text, given(dialect))
        if (typeof expected === 'string') expect(actual).toBeTypeOf('string')
        else expect(actual).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  it('the same whatever the cuts, ranges and batches', () => {
    fc.assert(
      fc.property(tables, feedings, ({ dialect, rows, names }, feeding) => {
        const text = write([names, ...rows], dialect)
        expect(ours(text, given(dialect), feeding)).toEqual(ours(text, given(dialect)))
      }),
      { numRuns: 300 },
    )
  })

  it('every record once when each range has a reader of its own', () => {
    fc.assert(
      fc.property(
        tables,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        (table, cuts) => {
          const bytes = encode(write([table.names, ...table.rows], table.dialect))
          const layout = csv.layout(bytes, true, given(table.dialect))
          const ends = [...cuts.map((c) => Math.floor(c * bytes.length)), bytes.length].sort((a, b) => a - b)
          const rows: unknown[] = []
          let at = layout.dataStart
          for (const end of ends) {
            if (end <= at) continue
            const reader = csv.reader(layout, [0], { ...SETTINGS, firstRecord: rows.length })
            at = reader.read(bytes, at, end, bytes.length, true, 1 << 20)
            rows.push(...Array.from({ length: reader.seen }))
          }
          expect(at).toBe(bytes.length)
          expect(rows.length).toBe(readLayout(layout, bytes, WHOLE).rows.length)
        },
      ),
    )
  })

  it('a projection in any order, twice, or nothing', () => {
    const bytes = encode('a,b,c\n1,x,2.5\n2,"y, z",3.5\n')
    const layout = csv.layout(bytes, true, {})
    const rows = (projection: number[]) => readLayout(layout, bytes, { ...WHOLE, projection }).rows
    expect(rows([2, 0])).toEqual([
      [2.5, 1n],
      [3.5, 2n],
    ])
    expect(rows([1, 1])).toEqual([
      ['x', 'x'],
      ['y, z', 'y, z'],
    ])
    expect(rows([])).toEqual([[], []])
  })

  it('the record number on request, as the last column', () => {
    const bytes = encode('a\n10\n20\n30\n')
    const layout = csv.layout(bytes, true, { record: true })
    expect(layout.columns.map(({ name }) => name)).toEqual(['a', 'record'])
    expect(layout.ordinal).toBe(1)
    expect(layout.zones).toEqual(['a'])
    const reader = csv.reader(layout, [1], { ...SETTINGS, firstRecord: 40 })
    reader.read(bytes, layout.dataStart, bytes.length, bytes.length, true, 2)
    expect([...(reader.take().columns[0]!.values as BigInt64Array)]).toEqual([40n, 41n])
    reader.read(bytes, 8, bytes.length, bytes.length, true, 2)
    expect([...(reader.take().columns[0]!.values as BigInt64Array)]).toEqual([42n])
  })

  it('nothing into an empty batch', () => {
    const layout = csv.layout(encode('a,b,c\n1,true,x\n'), true, {})
    const reader = csv.reader(layout, [0, 1, 2], SETTINGS)
    const batch = reader.take()
    expect(batch.rows).toBe(0)
    expect(batch.columns.map(({ length }) => length)).toEqual([0, 0, 0])
    expect(batch.columns[2]!.offsets).toEqual(new Int32Array(1))
  })

  it('blank and comment lines into the record before them', () => {
    const bytes = encode('a,b\n1,2\n\n# c\n\n3,4\n')
    const layout = csv.layout(bytes, true, { comment: '#' })
    const reader = csv.reader(layout, [0], SETTINGS)
    expect(reader.read(bytes, layout.dataStart, 5, bytes.length, true, 10)).toBe(14)
    expect(reader.rows).toBe(1)
  })

  it('long texts, quoted and not', () => {
    const long = 'x'.repeat(100_000)
    const text = `a,b\n${long},"${long}""${long}"\n1,2\n`
    expect((ours(text) as Table).rows).toEqual([
      [long, `${long}"${long}`],
      ['1', '2'],
    ])
  })

  it('many rows, with the batches growing', async () => {
    const text = `a,b,c\n${Array.from({ length: 20_000 }, (_, i) => `${i},${i % 7 === 0 ? '' : `t${i}`},${i % 2 === 0}\n`).join('')}`
    expect(ours(text)).toEqual(await duckdb(text))
  })
})

const SETTINGS = {
  zones: false,
  ignoreErrors: false,
  firstRecord: 0,
  allocate: (bytes: number) => new ArrayBuffer(bytes),
}

describe('bad records', () => {
  const options = { columns: { id: 'BIGINT', name: 'VARCHAR', day: 'DATE' }, auto_detect: false, delim: ',' }
  const bad: readonly (readonly [what: string, line: string | Uint8Array, message: string])[] = [
    ['too many fields', '1,x,2020-01-01,y', 'csv: record 1 has 4 fields, expected 3'],
    ['too few fields', '1,x', 'csv: record 1 has 2 fields, expected 3'],
    [
      'a value of another type',
      '1.x,x,2020-01-01',
      'csv: record 1 has "1.x" in column "id", expected BIGINT',
    ],
    ['a day that is none', '1,x,2020-02-30', 'csv: record 1 has "2020-02-30" in column "day", expected DATE'],
    [
      'an integer too large',
      '9223372036854775808,x,2020-01-01',
      'csv: record 1 has "9223372036854775808" in column "id", expected BIGINT',
    ],
    [
      'text behind a quote',
      '1,"x"y,2020-01-01',
      'csv: record 1 has text after a closing quote, 5 bytes behind its beginning',
    ],
    [
      'another line end',
      '1,x,2020-01-01\r',
      'csv: record 1 ends its line in another way than the first line, 14 bytes behind its beginning',
    ],
    [
      'bytes that are no UTF-8',
      Buffer.from('1,\xe9,2020-01-01', 'latin1'),
      'csv: record 1 has bytes in column "name" that are not valid UTF-8',
    ],
    [
      'half a character',
      Buffer.from('1,\xc3,2020-01-01', 'latin1'),
      'csv: record 1 has bytes in column "name" that are not valid UTF-8',
    ],
  ]
  const table = (line: string | Uint8Array) =>
    Buffer.concat([Buffer.from('7,ä,2020-01-01\n'), Buffer.from(line), Buffer.from('\n8,z,2020-01-02\n')])

  for (const [what, line, message] of bad) {
    it(`${what}: an error`, async () => {
      expect(await duckdb(table(line), options)).toBeTypeOf('string')
      const layout = csv.layout(encode('1,x,2020-01-01\n'), true, options)
      const bytes = new Uint8Array(table(line))
      expect(() => readLayout(layout, bytes, WHOLE)).toThrow(message)
    })

    it(`${what}: left out and reported on request`, () => {
      const layout = csv.layout(encode('1,x,2020-01-01\n'), true, options)
      const { rows, rejects } = readLayout(layout, new Uint8Array(table(line)), {
        ...WHOLE,
        ignoreErrors: true,
      })
      expect(rows).toEqual([
        [7n, 'ä', 18262],
        [8n, 'z', 18263],
      ])
      expect(rejects).toEqual([{ at: 16, record: 1, message }])
    })
  }

  it('a quote that is never closed', () => {
    const layout = csv.layout(encode('1,x,2020-01-01\n'), true, options)
    const bytes = encode('1,x,2020-01-01\n2,"y,2020-01-01\n3,z,2020-01-01\n')
    expect(() => readLayout(layout, bytes, WHOLE)).toThrow('csv: record 1 has a quote that is never closed')
  })

  it('a record longer than max_line_size, however it comes', () => {
    const layout = csv.layout(encode('a,b\n1,2\n'), true, { max_line_size: 20 })
    const bytes = encode(`a,b\n1,2\n3,"${'x'.repeat(100)}"\n5,6\n`)
    const message = 'csv: record 1 is longer than max_line_size, 20 bytes'
    expect(() => readLayout(layout, bytes, WHOLE)).toThrow(message)
    expect(() => readLayout(layout, bytes, { ...WHOLE, grow: () => 5 })).toThrow(message)
    const { rows, rejects } = readLayout(layout, bytes, { ...WHOLE, grow: () => 5, ignoreErrors: true })
    expect(rows.length).toBe(2)
    expect(rejects.map((reject) => reject.message)).toEqual([message])
  })

  it('types of columns that nobody asked for are not looked at', () => {
    const layout = csv.layout(encode('1,x,2020-01-01\n'), true, options)
    const bytes = encode('1,x,2020-01-01\nfoo,y,bar\n')
    expect(readLayout(layout, bytes, { ...WHOLE, projection: [1] }).rows).toEqual([['x'], ['y']])
    expect(() => readLayout(layout, bytes, { ...WHOLE, projection: [0] })).toThrow('"foo" in column "id"')
  })

  it('a field count is looked at even when nothing is asked for', () => {
    const layout = csv.layout(encode('1,x,2020-01-01\n'), true, options)
    const read = (text: string) => readLayout(layout, encode(text), { ...WHOLE, projection: [] }).rows.length
    expect(read('1,x,2020-01-01\n2,"y\n,z",2020-01-01')).toBe(2)
    expect(() => read('1,x\n')).toThrow('csv: record 0 has 2 fields, expected 3')
    expect(() => read('1,x,y,z\n')).toThrow('csv: record 0 has 4 fields, expected 3')
  })

  it('a null of a row that was given up does not stay (found by fuzzing)', () => {
    const text = '|x\n\n1|y|'
    expect((ours(text, { delim: '|', header: false }) as Table).rows).toEqual([
      [null, 'x'],
      [1n, 'y'],
    ])
  })
})

describe('a column without any value', () => {
  it('gives a batch buffers of its own, since they are moved to another thread', () => {
    const text = encode('a,b\n1,\n2,\n')
    const layout = csv.layout(text, true, { columns: { a: 'BIGINT', b: 'VARCHAR' }, header: true })
    for (let time = 0; time < 2; time++) {
      const reader = csv.reader(layout, [0, 1], {
        zones: false,
        firstRecord: 0,
        ignoreErrors: false,
        allocate: (bytes) => new ArrayBuffer(bytes),
      })
      reader.read(text, layout.dataStart, text.length, text.length, true, 100)
      const batch = reader.take()
      expect(batch.rows).toBe(2)
      structuredClone(batch, { transfer: batchBuffers(batch) })
    }
  })
})
