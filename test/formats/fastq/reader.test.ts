import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fastq } from '../../../src/formats/fastq/index.ts'
import { syncFastq } from '../../../src/formats/fastq/reader.ts'
import { anyFastq, fastqFile, manyReads, PLAIN_STYLE } from '../../scan/support/corpus.ts'
import { numbered } from '../../scan/support/harness.ts'
import { readAll } from '../text/reading.ts'

const read = (text: string) => readAll(fastq, Buffer.from(text)).rows
const refusal = (text: string): string => {
  try {
    read(text)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('expected a refusal')
}

describe('the reader', () => {
  it('reads any form, however the bytes come', () => {
    const feeding = fc.record({
      grows: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
      maxRows: fc.integer({ min: 1, max: 9 }),
      ignoreErrors: fc.boolean(),
    })
    fc.assert(
      fc.property(anyFastq, feeding, ({ raw, rows }, how) => {
        const got = readAll(fastq, raw, how)
        expect(got.rows).toEqual(numbered(rows))
        expect(got.rejects).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('takes the title apart at the first white space', () => {
    expect(read('@id\tand  more \nA\n+\n!\n@\nC\n+\n#\n@x \nG\n+\n$\n')).toEqual([
      ['id', 'and  more ', 'A', '!', 0n],
      ['', null, 'C', '#', 1n],
      ['x', null, 'G', '$', 2n],
    ])
  })

  it('reads reads without a base, in every form they are written', () => {
    for (const text of [
      '@a\n\n+\n\n@b\nA\n+\n!\n',
      '@a\n+\n@b\nA\n+\n!\n',
      '@a\n\n+\n@b\nA\n+\n!',
      '@a\r\n\r\n+\r\n\r\n@b\r\nA\r\n+\r\n!',
    ])
      expect(read(text)).toEqual([
        ['a', null, '', '', 0n],
        ['b', null, 'A', '!', 1n],
      ])
    for (const text of ['@a\n\n+\n\n', '@a\n\n+\n', '@a\n\n+', '@a\n+'])
      expect(read(text)).toEqual([['a', null, '', '', 0n]])
  })

  it('projects', () => {
    const bytes = Buffer.from('@a x\nACGT\n+\n!!!!\n')
    const of = (...columns: number[]) => readAll(fastq, bytes, { grows: [99], maxRows: 9, columns }).rows
    expect(of()).toEqual([[]])
    expect(of(4, 2, 2)).toEqual([[0n, 'ACGT', 'ACGT']])
    expect(of(1)).toEqual([['x']])
  })

  it('finds a quality that is too short although the lengths come out by what follows it', () => {
    // "\n" as the fourth value of the file's last record.
    expect(refusal('@a\nACGT\n+\n!!!\n')).toBe(
      'fastq: record 0 has 3 quality values, expected 4, one for each base',
    )
    expect(refusal('@a\r\nACGT\r\n+\r\n!!!\r\n')).toBe(
      'fastq: record 0 has 3 quality values, expected 4, one for each base',
    )
    // "\r" as the fourth.
    expect(refusal('@a\r\nACGT\r\n+\r\n!!!\r\n@b\r\nA\r\n+\r\n!\r\n')).toMatch(
      'record 0 has 3 quality values',
    )
    expect(refusal('@a\nAC\n+\n!\r')).toMatch('record 0 has 1 quality values')
    // "\n@bc" as the last four of eight.
    expect(refusal('@a\nACGTACGT\n+\n!!!!\n@bc\nAC\n+\n!!\n')).toMatch(
      'record 0 has 4 quality values, expected 8',
    )
    const { rows, rejects } = readAll(fastq, Buffer.from('@a\nACGTACGT\n+\n!!!!\n@bc\nAC\n+\n!!\n'), {
      grows: [99],
      maxRows: 9,
      ignoreErrors: true,
      columns: [0],
    })
    expect(rows).toEqual([['bc']])
    expect(rejects.map(({ at, record }) => [at, record])).toEqual([[0, 0]])
  })

  it.each([
    ['ACGT\n', 'starts with "A", expected "@"'],
    ['@a\nACGT\n', 'ends in the middle, expected its sequence'],
    ['@a', 'ends in the middle, expected its sequence'],
    ['@a\nACGT\n+\n', 'ends in the middle, expected its quality'],
    ['@a\nACGT\n+', 'ends in the middle, expected its quality'],
    ['@a\nACGT\n+\n!!', 'has 2 quality values, expected 4, one for each base'],
    ['@a\nACGT\n+\n!!!!!\n', 'has 5 quality values, expected 4, one for each base'],
    ['@a\nACGT\nAC\n@b\nA\n+\n!\n', 'has no line that starts with "+" before the next title'],
  ])('says what is wrong with %j', (text, what) => {
    const shown = text.startsWith('A') ? () => refusal(`\n${text}`) : () => refusal(text)
    // The first byte of a file that is none of FASTQ is the layout's matter.
    if (text.startsWith('A')) expect(shown).toThrow
    else expect(shown()).toBe(`fastq: record 0 ${what}`)
    expect(refusal(`@ok\nA\n+\n!\n${text}`)).toBe(`fastq: record 1 ${what}`)
  })
})

describe('with ignore_errors', () => {
  const anyDamage = fc.record({
    count: fc.integer({ min: 3, max: 25 }),
    seed: fc.integer({ min: 1, max: 1000 }),
    bad: fc.uniqueArray(fc.nat(24), { maxLength: 5 }),
    kind: fc.constantFrom('short quality', 'long quality', 'no plus', 'no title', 'rubbish'),
    eol: fc.constantFrom('\n' as const, '\r\n' as const),
    grows: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
  })

  it.each([0, 30])('every good read comes, every bad one is listed (wrapped at %i)', (wrap) => {
    fc.assert(
      fc.property(anyDamage, ({ count, seed, bad, kind, eol, grows }) => {
        // Lines of a quality that look like titles make some damages look right, to every reader of FASTQ.
        const reads = manyReads(count, seed, 5, 80).map((one) => ({
          ...one,
          quality: wrap > 0 || kind.startsWith('no') ? one.quality.replace(/[@+]/g, 'I') : one.quality,
        }))
        const parts = reads.map((one, i) => {
          const text = fastqFile([one], { ...PLAIN_STYLE, wrap, eol }).raw.toString()
          if (!bad.includes(i)) return text
          if (kind === 'short quality') return text.slice(0, -1 - eol.length) + eol
          if (kind === 'long quality') return `${text.slice(0, -eol.length)}!${eol}`
          if (kind === 'no plus') return text.replace(`${eol}+${eol}`, eol)
          if (kind === 'no title') return text.slice(text.indexOf(eol) + eol.length)
          return `rubbish${eol}${text}`
        })
        // The first byte of a file that is none of FASTQ is the layout's matter.
        fc.pre(!parts[0]!.startsWith('r') && parts[0]!.startsWith('@'))
        // Rubbish between reads is a bad record of its own; the read behind it is good.
        const good = reads.filter((_, i) => kind === 'rubbish' || !bad.includes(i))
        const { rows, rejects } = readAll(fastq, Buffer.from(parts.join('')), {
          grows,
          maxRows: 7,
          ignoreErrors: true,
          columns: [0, 2, 3, 4],
        })
        expect(rows).toEqual(good.map(({ id, sequence, quality }, i) => [id, sequence, quality, BigInt(i)]))
        const present = bad.filter((i) => i < count).sort((a, b) => a - b)
        // One reject for bad reads that follow one another.
        const runs = present.filter((i, k) => kind === 'rubbish' || k === 0 || present[k - 1] !== i - 1)
        expect(rejects.map(({ at }) => at)).toEqual(runs.map((i) => parts.slice(0, i).join('').length))
      }),
      { numRuns: 150 },
    )
  })
})

describe('sync', () => {
  it('finds a true beginning of a four-line record from any offset', () => {
    const { raw, rows } = fastqFile(manyReads(60, 61))
    const starts: number[] = []
    for (let i = 0; i <= rows.length; i++) starts.push(fastqFile(manyReads(60, 61).slice(0, i)).raw.length)
    for (let from = 0; from < raw.length; from++) {
      const found = syncFastq(raw, from, raw.length, true)
      expect(found).toBe(starts.slice(0, -1).find((start) => start >= from) ?? -1)
    }
  })

  it('says nothing where it does not see a whole record', () => {
    const raw = Buffer.from('@a\nACGT\n+\n!!!!\n')
    for (let end = 0; end < raw.length - 1; end++) expect(syncFastq(raw, 0, end, false)).toBe(-1)
    expect(syncFastq(raw, 0, raw.length, false)).toBe(0)
  })
})

describe('detection', () => {
  it.each([
    ['@a\nACGT\n+\n!!!!\n', true],
    ['\n\n@a\nACGT\n+\n!!!!', true],
    ['@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:1\tLN:5\n', false],
    ['@prefix ex: <http://example.org/> .\nplain text\nmore\n', false],
    ['>a\nACGT\n', false],
    ['', false],
    ['ACGT', false],
  ])('%j: %s', (text, expected) => {
    expect(fastq.detect('x', Buffer.from(text))).toBe(expected)
  })
})
