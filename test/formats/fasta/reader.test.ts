import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fasta, fastaOf } from '../../../src/formats/fasta/index.ts'
import { readAll } from '../text/reading.ts'
import { anyFasta, fastaFile, PLAIN, residuesOf, TINY } from './support.ts'

const read = (text: string) => readAll(fasta, Buffer.from(text)).rows

/** id, description, sequence, length */
const short = (text: string) => read(text).map((row) => row.slice(0, 4))

const refusal = (text: string | Buffer): string => {
  try {
    readAll(fasta, Buffer.from(text as string))
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('expected a refusal')
}

describe('the reader', () => {
  const feeding = fc.record({
    grows: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
    maxRows: fc.integer({ min: 1, max: 9 }),
    ignoreErrors: fc.boolean(),
  })

  it.each([
    ['whole records', fasta],
    ['records in parts', fastaOf(TINY)],
  ])('reads any form, however the bytes come: %s', (_, format) => {
    fc.assert(
      fc.property(anyFasta, feeding, ({ raw, rows }, how) => {
        const got = readAll(format, raw, how)
        expect(got.rows).toEqual(rows)
        expect(got.rejects).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('projects: any columns have the values of all of them', () => {
    const columns = fc.uniqueArray(fc.nat(5))
    fc.assert(
      fc.property(anyFasta, feeding, columns, ({ raw, rows }, how, wanted) => {
        const got = readAll(fastaOf(TINY), raw, { ...how, columns: wanted })
        expect(got.rows).toEqual(rows.map((row) => wanted.map((column) => row[column])))
      }),
      { numRuns: 100 },
    )
  })

  it('takes the title apart at the first white space', () => {
    expect(short('>id\tand  more \nA\n> id x\nC\n>\nG\n>x \nT\n')).toEqual([
      ['id', 'and  more ', 'A', 1n],
      ['id', 'x', 'C', 1n],
      ['', null, 'G', 1n],
      ['x', null, 'T', 1n],
    ])
  })

  it('reads sequences without a residue, and titles at the very end', () => {
    expect(short('>a\n>b\n\n>c x\n>d')).toEqual([
      ['a', null, '', 0n],
      ['b', null, '', 0n],
      ['c', 'x', '', 0n],
      ['d', null, '', 0n],
    ])
    expect(short('>')).toEqual([['', null, '', 0n]])
    expect(short('\n \r\n')).toEqual([])
    expect(short('')).toEqual([])
  })

  it('passes over white space and comment lines, and keeps the letters as they are', () => {
    expect(short(';v1\n\n>a\r\n;old style\r\nAC gt\t\r\n\r\n n;*-\v\f\r\n;x\r\nA>\r\n')).toEqual([
      ['a', null, 'ACgtn;*-A>', 10n],
    ])
  })

  it('joins lines of any lengths', () => {
    // The second line ends where the first one's width puts the end of a line, with another end before it.
    const lines = ['ACGTACGTAC', 'AC', 'GTACGTA', 'ACGTACGTAC', '', 'A', 'CCCCCCCCCCCCCCCCCCCC']
    expect(short(`>a\n${lines.join('\n')}\n`)).toEqual([['a', null, lines.join(''), 50n]])
  })

  it('counts residues at any place in memory', () => {
    const text = `>a\n${residuesOf(1000, 5).replace(/.{61}/g, '$&\n')}\n`
    for (let shift = 0; shift < 9; shift++) {
      const bytes = Buffer.alloc(text.length + shift)
      bytes.write(text, shift)
      const rows = readAll(fasta, bytes.subarray(shift), { grows: [99], maxRows: 9, columns: [3] }).rows
      expect(rows).toEqual([[1000n]])
    }
  })

  it('keeps nothing of a long sequence that is not asked for', () => {
    const { raw } = fastaFile([{ id: 'a', description: null, residues: residuesOf(200_000, 9) }])
    const held: number[] = []
    const reader = fasta.reader({ columns: [], zones: [], dataStart: 0, dialect: {} }, [0, 3], {
      zones: false,
      firstRecord: 0,
      ignoreErrors: false,
      allocate: (bytes) => {
        held.push(bytes)
        return new ArrayBuffer(bytes)
      },
    })
    for (let at = 0; at < raw.length; ) {
      const end = Math.min(raw.length, at + 50_000)
      at = reader.read(raw, at, end, end, end === raw.length, 10)
    }
    expect(reader.rows).toBe(1)
    expect(Number((reader.take().columns[1]!.values as BigInt64Array)[0])).toBe(200_000)
    expect(held.reduce((a, b) => a + b, 0)).toBeLessThan(100_000)
  })

  it.each([
    ['>a\nAC\0GT\n', 'has the byte 0x00 in its sequence, expected printable ASCII'],
    ['>a\nACGé\n', 'has the byte 0xc3 in its sequence, expected printable ASCII'],
    ['>a\nAC\x7f\n', 'has the byte 0x7f in its sequence, expected printable ASCII'],
  ])('says what is wrong with %j', (text, what) => {
    expect(refusal(text)).toBe(`fasta: record 0 ${what}`)
    expect(refusal(`>ok\nA\n${text}`)).toBe(`fasta: record 1 ${what}`)
  })

  it('says which title is no text', () => {
    expect(refusal(Buffer.from([0x3e, 0xff, 10, 65, 10]))).toBe(
      'fasta: record 0 has a title that is not valid UTF-8',
    )
    expect(refusal(`>${'x'.repeat((1 << 20) + 1)}\nA\n`)).toBe(
      'fasta: record 0 has a title of more than 1048576 bytes',
    )
  })

  it('refuses a file that does not begin with a title', () => {
    expect(refusal('ACGT\n>a\nA\n')).toBe('fasta: the file starts with "A" at byte 0, expected ">"')
    expect(refusal('; c\n\n  x\n')).toBe('fasta: the file starts with "x" at byte 7, expected ">"')
  })

  it('passes bad records over where it is told to, and lists them', () => {
    const text = '>a\nAC\n>b\nA\0C\nGT\n>c\nGG\n>\xff\nA\n>d\nT\n'
    for (const format of [fasta, fastaOf({ ...TINY, long: 4 })]) {
      for (const grows of [[99], [1], [3, 5]]) {
        const { rows, rejects } = readAll(format, Buffer.from(text, 'latin1'), {
          grows,
          maxRows: 2,
          ignoreErrors: true,
          columns: [0, 2, 3, 5],
        })
        expect(rows).toEqual([
          ['a', 'AC', 2n, 0n],
          ['c', 'GG', 2n, 1n],
          ['d', 'T', 1n, 2n],
        ])
        expect(rejects.map(({ record, message }) => [record, message.slice(0, 30)])).toEqual([
          [1, 'fasta: record 1 has the byte 0'],
          [2, 'fasta: record 2 has a title th'],
        ])
      }
    }
  })

  it('knows the byte-order mark', () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('>a\nAC\n')])
    expect(fasta.detect('x', bytes)).toBe(true)
    expect(readAll(fasta, bytes).rows.map((row) => row[0])).toEqual(['a'])
  })

  it('refuses options', () => {
    expect(() => fasta.layout(Buffer.from('>a\n'), true, { width: 3 })).toThrow('unknown option "width"')
  })
})

describe('the style of the generator', () => {
  it('is what the tests believe', () => {
    expect(
      fastaFile([{ id: 'a', description: 'b', residues: 'ACGT' }], { ...PLAIN, wrap: 3 }).raw.toString(),
    ).toBe('>a b\nACG\nT\n')
  })
})
