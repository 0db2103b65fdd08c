import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { bam } from '../../../src/formats/bam/index.ts'
import { packNames, unpackNames } from '../../../src/formats/bam/references.ts'
import { sixDigits } from '../../../src/formats/bam/scratch.ts'
import { CONTAINERS, pack, random } from '../../scan/support/corpus.ts'
import { bindBytes, readWork, scanBytes } from '../../scan/support/harness.ts'
import { readAll } from '../text/reading.ts'
import { anyReads, REFERENCES } from './arbitrary.ts'
import { encodeBam, encodeHeader, encodeRead, type Read } from './encode.ts'
import { alignmentsOf } from './support.ts'

const READ: Read = {
  qname: 'read',
  flag: 0,
  reference: 0,
  pos: 99,
  mapq: 60,
  cigar: [[4, 'M']],
  nextReference: -1,
  nextPos: -1,
  tlen: 0,
  seq: 'ACGT',
  quals: [30, 31, 32, 33],
  tags: [{ tag: 'NM', type: 'C', value: 0 }],
}

const refusal = (bytes: Buffer, columns?: number[]): string => {
  try {
    readAll(bam, bytes, { grows: [1 << 20], maxRows: 100, ...(columns && { columns }) })
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('expected a refusal')
}

/** A good record, one with these bytes changed, and a good one. */
function damaged(change: (record: Buffer) => Buffer): Buffer {
  const good = encodeRead(READ)
  return Buffer.concat([encodeHeader(REFERENCES), good, change(Buffer.from(good)), good])
}

describe('the reader', () => {
  it('reads the same however the bytes come', () => {
    const feeding = fc.record({
      grows: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      maxRows: fc.integer({ min: 1, max: 9 }),
      ignoreErrors: fc.boolean(),
    })
    fc.assert(
      fc.property(anyReads, feeding, (reads, how) => {
        const bytes = encodeBam(REFERENCES, reads)
        expect(readAll(bam, bytes, how)).toEqual(readAll(bam, bytes))
      }),
      { numRuns: 100 },
    )
  })

  it('carries many references in little', () => {
    const names = Array.from({ length: 3366 }, (_, i) => `chrUn_KI${270000 + i}v1_decoy`)
    expect(JSON.stringify(packNames(names)).length).toBeLessThan(JSON.stringify(names).length / 4)
    expect(unpackNames(packNames(names))).toEqual(names)
    expect(unpackNames(packNames(['a']))).toEqual(['a'])
    const bytes = encodeBam(names, [{ ...READ, reference: 3365 }])
    expect(readAll(bam, bytes).rows[0]![2]).toBe(names[3365])
  })

  it('prints six digits as C does', () => {
    const cases: [number, string][] = [
      [0, '0'],
      [-0, '-0'],
      [1, '1'],
      [0.1, '0.1'],
      [123456.5, '123456'],
      [1.015625, '1.01562'],
      [1234.375, '1234.38'],
      [0.09765625, '0.0976562'],
      [1234565, '1.23456e+06'],
      [-1234575, '-1.23458e+06'],
      [1234585, '1.23458e+06'],
      [1234567, '1.23457e+06'],
      [999999.7, '1e+06'],
      [0.0001, '0.0001'],
      [0.00001, '1e-05'],
      [1e-100, '1e-100'],
      [-2.5, '-2.5'],
      [100000, '100000'],
      [Number.NaN, 'nan'],
      [Number.NEGATIVE_INFINITY, '-inf'],
    ]
    for (const [value, text] of cases) expect(sixDigits(value)).toBe(text)
  })
})

describe('what is no record', () => {
  const set = (at: number, value: number) => (record: Buffer) => {
    record.writeInt32LE(value, at)
    return record
  }
  const skippable: [string, (record: Buffer) => Buffer, string][] = [
    ['refID', set(4, 99), 'bam: record 1 has refID 99, expected -1 to 4'],
    ['next_refID', set(24, -2), 'bam: record 1 has next_refID -2, expected -1 to 4'],
    ['pos', set(8, -7), 'bam: record 1 has pos -7, expected -1 or more'],
    ['next_pos', set(28, -7), 'bam: record 1 has next_pos -7'],
    ['l_seq', set(20, -1), 'bam: record 1 has l_seq -1'],
    ['l_seq, absurd', set(20, 2 ** 31 - 1), 'bam: record 1 has block_size 51, expected at least'],
    ['the name', (record) => record.fill(1, 40, 41), 'has a read name without a NUL'],
    ['a quality', (record) => record.fill(200, 48, 49), 'has the quality 200 for base 1'],
    ['a tag', (record) => record.fill(63, 53, 54), 'has the tag "NM?"'],
    ['a name that is no text', (record) => record.fill(0xff, 36, 37), 'not valid UTF-8'],
  ]
  it.each(skippable)('%s', (_, change, message) => {
    const bytes = damaged(change)
    expect(refusal(bytes)).toContain(message)
    // Every projection leaves out the same.
    for (const columns of [[], [0], [9, 10], [11], [13]]) {
      const how = { grows: [1 << 20], maxRows: 100, columns, ignoreErrors: true }
      const { rows, rejects } = readAll(bam, bytes, how)
      expect([rows.length, rejects.length]).toEqual([2, 1])
    }
  })

  it.each([-1, 31, 2 ** 31 - 1])('block_size %d hides where the next record begins', (size) => {
    expect(refusal(damaged(set(0, size)), [])).toContain(`bam: record 1 has block_size ${size}, expected 32`)
    const how = { grows: [1 << 20], maxRows: 100, ignoreErrors: true }
    expect(() => readAll(bam, damaged(set(0, size)), how)).toThrow('block_size')
  })

  it('a record that the end of the file cuts', () => {
    const bytes = encodeBam(REFERENCES, [READ, READ])
    for (const cut of [1, 20, 50]) {
      expect(refusal(bytes.subarray(0, bytes.length - cut), [])).toContain('record 1 is cut off by the end')
    }
  })
})

describe('headers', () => {
  const layout = (bytes: Buffer) => bindBytes(bytes, 'bam')
  const changed = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(encodeHeader(['chr1', 'chr2'], 'text'))
    bytes.writeInt32LE(value, at)
    return bytes
  }
  it.each([
    ['nothing', Buffer.alloc(0), 'the file ends in its magic'],
    ['three bytes', Buffer.from('BAM'), 'the file ends in its magic'],
    ['another magic', Buffer.from('BAM\x02....'), 'starts with the bytes 42414d02'],
    ['CRAM', Buffer.from('CRAM\x03\x00'), 'starts with the bytes 4352414d'],
    ['a text of -1 bytes', changed(4, -1), 'l_text is -1'],
    ['a text of 2 GiB', changed(4, 2 ** 31 - 1), 'l_text is 2147483647'],
    ['a text of 200 MiB', changed(4, 200 << 20), 'the file ends in the header text'],
    ['-1 references', changed(12, -1), 'n_ref is -1'],
    ['2 billion references', changed(12, 2 ** 31 - 1), 'n_ref is 2147483647'],
    ['20 million references', changed(12, 20_000_000), 'the file ends in the 20000000 references'],
    ['a name of 0 bytes', changed(16, 0), 'l_name of reference 0 is 0'],
    ['a name of 2 GiB', changed(16, 2 ** 31 - 1), 'l_name of reference 0 is 2147483647'],
    ['a name without NUL', changed(16, 3), 'the name of reference 0 is'],
  ])('%s', async (_, bytes, message) => {
    await expect(layout(bytes)).rejects.toThrow(message)
    await expect(layout(bytes)).rejects.toMatchObject({ code: 'invalid-data' })
  })

  it.each(CONTAINERS)('longer than what is looked at of every file, in %s', async (packing) => {
    const names = Array.from({ length: 60_000 }, (_, i) => `contig_${i}_${(i * 7919) % 60_000}`)
    const bytes = pack(encodeBam(names, [{ ...READ, reference: 59_999 }]), packing, [60_000])
    const bound = await layout(bytes)
    const { rows } = await scanBytes(bound)
    expect(alignmentsOf(bound.layout, rows)[0]).toMatchObject({ rname: names[59_999], pos: 100n })
  })

  it('no references: all reads are unplaced', async () => {
    const bytes = encodeBam([], [{ ...READ, reference: -1, pos: -1, cigar: [], flag: 4 }])
    const bound = await layout(pack(bytes, 'bgzf', [100]))
    const { rows, index } = await scanBytes(bound)
    expect(alignmentsOf(bound.layout, rows)).toMatchObject([{ rname: null, pos: null, end_pos: null }])
    expect(index.segments.map(({ zones }) => zones[0])).toEqual([{ min: null, max: null, nulls: true }])
  })

  it('options', async () => {
    const bytes = encodeBam(REFERENCES, [READ])
    await expect(bindBytes(bytes, 'bam', { tag: ['NM'] })).rejects.toThrow(
      'unknown option "tag", expected one of tags',
    )
    await expect(bindBytes(bytes, 'bam', { tags: ['NMX'] })).rejects.toThrow('expected two letters')
    await expect(bindBytes(bytes, 'bam', { tags: ['NM:q'] })).rejects.toThrow('type of A, i, f, Z, H or B')
    await expect(bindBytes(bytes, 'bam', { tags: ['XS', 'xs'] })).rejects.toThrow('twice')
    await expect(bindBytes(bytes, 'bam', { tags: 5 })).rejects.toThrow('expected a list of tags')
    const { layout: made } = await bindBytes(bytes, 'bam', { tags: ['NM', 'AS', 'RG', 'ML'] })
    expect(made.columns.slice(11).map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      'NM int64',
      'AS int64',
      'RG utf8',
      'ML list',
      'end_pos int64',
      'record int64',
    ])
  })
})

describe('damage', () => {
  const next = random(78)
  const reads = Array.from({ length: 300 }, (_, i) => ({ ...READ, qname: `r${i}`, pos: i * 10 }))
  const raw = encodeBam(REFERENCES, reads)
  const attempt = async (bytes: Uint8Array): Promise<number | undefined> => {
    try {
      return (await scanBytes(await bindBytes(bytes, 'bam'))).rows.length
    } catch (error) {
      if (!isVarveError(error, 'invalid-data')) throw error
      return undefined
    }
  }

  it.each(CONTAINERS)('truncated at ten places, %s', async (packing) => {
    const bytes = pack(raw, packing, [5000])
    for (let i = 0; i < 10; i++) {
      const rows = await attempt(bytes.subarray(0, Math.floor((bytes.length * i) / 10) + (i % 3)))
      if (rows !== undefined) expect(rows).toBeLessThan(300)
      if (packing === 'gzip' || i === 0) expect(rows).toBeUndefined()
    }
  })

  it('without the block that says it is the last one', async () => {
    const bytes = pack(raw, 'bgzf', [5000])
    expect(await attempt(bytes.subarray(0, bytes.length - 28))).toBe(300)
  })

  it.each(['plain', 'bgzf'] as const)('flipped bytes, %s', async (packing) => {
    const bytes = pack(raw, packing, [5000])
    for (let i = 0; i < 200; i++) {
      const flipped = Buffer.from(bytes)
      flipped[next(flipped.length)]! ^= 1 << next(8)
      const rows = await attempt(flipped)
      if (rows !== undefined) expect(rows).toBeLessThanOrEqual(300)
    }
  })

  it('an offset of 5 GiB', async () => {
    const far = 5 * 2 ** 30
    const header = encodeHeader(REFERENCES)
    const bound = await bindBytes(encodeBam(REFERENCES, [READ]), 'bam')
    const record = encodeRead(READ)
    // A file of records as long as one likes, made where it is looked at.
    const source = {
      uri: 'memory://far.bam',
      size: header.length + Math.ceil(far / record.length) * record.length,
      identity: 'far',
      async read(start: number, end: number) {
        const out = Buffer.alloc(end - start)
        for (let at = start; at < end; at++) {
          const place = at - header.length
          out[at - start] = place < 0 ? header[at]! : record[place % record.length]!
        }
        return out
      },
    }
    const piece = { kind: 'piece', from: source.size - 10_007, to: source.size, start: 'sync' } as const
    const { rows, result } = await readWork({ ...bound, source }, piece)
    expect(rows.length).toBe(Math.floor(10_007 / record.length))
    expect(result!.start).toBe(10_007 % record.length)
    expect(result!.segments.at(-1)!.point.source).toBeGreaterThan(far - 20_000)
  })
})
