import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { bcf } from '../../../src/formats/bcf/index.ts'
import { shortest } from '../../../src/formats/bcf/typed.ts'
import { CONTAINERS, pack, random } from '../../scan/support/corpus.ts'
import { bindBytes, readWork, scanBytes } from '../../scan/support/harness.ts'
import { readAll } from '../text/reading.ts'
import { variantsOf } from '../vcf/support.ts'
import { anyBcf, HEADER } from './arbitrary.ts'
import { encodeBcf, encodeHeader, encodeVariant, type Variant } from './encode.ts'

const VARIANT: Variant = {
  chrom: 4,
  pos: 99,
  rlen: 2,
  qual: 29.1,
  id: 'rs1',
  alleles: ['AC', 'A'],
  filters: [0],
  info: [
    [9, { type: 'int8', items: [7] }],
    [6, { type: 'char', text: 'note' }],
  ],
  format: [
    [10, [{ type: 'int8', items: [2, 4] }]],
    [13, [{ type: 'char', text: 'ok' }]],
  ],
  samples: 1,
}
const TEXT = HEADER(1)

const refusal = (bytes: Buffer, columns?: number[]): string => {
  try {
    readAll(bcf, bytes, { grows: [1 << 20], maxRows: 100, ...(columns && { columns }) })
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('expected a refusal')
}

const damaged = (change: (record: Buffer) => Buffer): Buffer => {
  const good = encodeVariant(VARIANT)
  return Buffer.concat([encodeHeader(TEXT), good, change(Buffer.from(good)), good])
}

describe('the reader', () => {
  it('reads the same however the bytes come', () => {
    const feeding = fc.record({
      grows: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      maxRows: fc.integer({ min: 1, max: 9 }),
      ignoreErrors: fc.boolean(),
    })
    fc.assert(
      fc.property(anyBcf, feeding, ({ header, variants }, how) => {
        const bytes = encodeBcf(header, variants)
        expect(readAll(bcf, bytes, how)).toEqual(readAll(bcf, bytes))
      }),
      { numRuns: 100 },
    )
  })

  it('a number of 32 bits is the one with the fewest digits', () => {
    for (const value of [29.1, 0.333333, 3e-5, 1e10, 999.99, 0, -1.25, 1234567, 0.1])
      expect(shortest(Math.fround(value))).toBe(value)
    for (const value of [Number.POSITIVE_INFINITY, 2 ** 100, 1.1754943508222875e-38, 16777217.5])
      expect(Math.fround(shortest(Math.fround(value)))).toBe(Math.fround(value))
    expect(shortest(Number.NaN)).toBeNaN()
  })

  it('values of another type than the header declares are read as the text that they print', async () => {
    const odd: Variant = {
      ...VARIANT,
      qual: null,
      // DP, AF, AC, MQ, NOTE, TAGS: numbers for texts, texts for numbers.
      info: [
        [9, { type: 'float', items: [5] }],
        [4, { type: 'char', text: '0.5,.,x' }],
        [12, { type: 'float', items: [1.5, 2, null] }],
        [5, { type: 'int16', items: [300] }],
        [6, { type: 'int8', items: [1, 2] }],
        [7, { type: 'float', items: [0.25, null] }],
        [7, { type: 'char', text: 'the second is not read' }],
      ],
      format: [
        [10, [{ type: 'char', text: '0/1' }]],
        [13, [{ type: 'int8', items: [null] }]],
      ],
    }
    const bound = await bindBytes(encodeBcf(TEXT, [odd]), 'bcf')
    const [row] = variantsOf((await scanBytes(bound)).rows)
    expect(row).toMatchObject({
      qual: null,
      info: { DP: 5, AF: [0.5, null, null], AC: [null, 2, null], MQ: 300, NOTE: '1,2', TAGS: ['0.25', null] },
      samples: [{ GT: '0/1', FT: null }],
    })
  })

  it('what older writers leave: no alternative, no filter, missing characters, no samples in a record', async () => {
    const old: Variant = {
      ...VARIANT,
      id: '',
      alleles: ['A'],
      filters: [-32768],
      rlen: 0,
      info: [[7, { type: 'char', text: 'a,\x07' }]],
      format: [],
      samples: 0,
    }
    const bound = await bindBytes(encodeBcf(TEXT, [old]), 'bcf')
    const [row] = variantsOf((await scanBytes(bound)).rows)
    expect(row).toMatchObject({
      id: null,
      ref: 'A',
      alt: null,
      filter: null,
      end_pos: 100n,
      info: { TAGS: ['a', null] },
      samples: [{ name: 'NA1', GT: null, FT: null }],
    })
  })
})

describe('what is no record', () => {
  const set = (at: number, value: number) => (record: Buffer) => {
    record.writeInt32LE(value, at)
    return record
  }
  const byte = (at: number, value: number) => (record: Buffer) => record.fill(value, at, at + 1)
  const skippable: [string, (record: Buffer) => Buffer, string][] = [
    ['CHROM', set(8, 2), 'bcf: record 1 has CHROM 2, expected one of the header'],
    ['CHROM, absurd', set(8, 2 ** 31 - 1), 'has CHROM 2147483647'],
    ['POS', set(12, -2), 'has POS -2, expected -1 or more'],
    ['rlen', set(16, -1), 'has rlen -1, expected 0 or more'],
    ['n_sample', set(28, 0x0200_0007), 'has n_sample 7, expected 1'],
    ['n_allele', set(24, 0x7fff_0002), 'has l_shared'],
    ['n_info', set(24, 0x0002_ffff), 'has l_shared'],
    ['n_fmt', byte(31, 255), 'has l_indiv'],
  ]
  // Where each stands is known to encode.ts.
  const inside: [string, (record: Buffer) => Buffer, string][] = [
    ['an ID that is none', byte(32, 0x31), 'has no text for an ID'],
    ['an ID of an unknown type', byte(32, 0x36), 'has no text for an ID'],
    ['an ID past the end', byte(32, 0xf7), 'has no text for an ID'],
    ['an ID that is no text', byte(33, 0xff), 'is not valid UTF-8'],
    ['an allele', byte(36, 0x25), 'has no text for allele 0'],
    ['a filter', byte(42, 77), 'has FILTER 77, expected one of the header'],
    ['an INFO key', byte(44, 0x17), 'has no value for its INFO 1'],
    ['an INFO value', byte(46, 0xe3), 'has no value for its INFO 1'],
    ['an INFO text', byte(51, 0xff), 'is not valid UTF-8'],
    ['a FORMAT value', byte(57, 0x73), 'has no values for its FORMAT 1'],
    ['a FORMAT text', byte(63, 0xff), 'is not valid UTF-8'],
  ]
  it.each([...skippable, ...inside])('%s', (_, change, message) => {
    const bytes = damaged(change)
    expect(refusal(bytes)).toContain(message)
    // Every projection leaves out the same.
    for (const columns of [[], [0], [2, 4], [7], [8], [10]]) {
      const how = { grows: [1 << 20], maxRows: 100, columns, ignoreErrors: true }
      const { rows, rejects } = readAll(bcf, bytes, how)
      expect([rows.length, rejects.length]).toEqual([2, 1])
    }
  })

  it('a count of two billion values asks for no memory', () => {
    // The ID's descriptor says that its count follows, as 32 bits.
    const bytes = damaged((record) => {
      Buffer.from([0xf7, 0x13, 0xff, 0xff, 0xff, 0x7f]).copy(record, 32)
      return record
    })
    expect(refusal(bytes)).toContain('has no text for an ID')
  })

  it.each([-1, 23, 2 ** 31 - 1])('l_shared %d hides where the next record begins', (size) => {
    expect(refusal(damaged(set(0, size)), [])).toContain(`bcf: record 1 has l_shared ${size >>> 0}`)
    const how = { grows: [1 << 20], maxRows: 100, ignoreErrors: true }
    expect(() => readAll(bcf, damaged(set(0, size)), how)).toThrow('l_shared')
  })

  it('a record that the end of the file cuts', () => {
    const bytes = encodeBcf(TEXT, [VARIANT, VARIANT])
    for (const cut of [1, 20, 50])
      expect(refusal(bytes.subarray(0, bytes.length - cut), [])).toContain('record 1 is cut off by the end')
  })
})

describe('headers', () => {
  const bind = (bytes: Buffer) => bindBytes(bytes, 'bcf')
  const withLength = (length: number): Buffer => {
    const bytes = encodeHeader(TEXT)
    bytes.writeUInt32LE(length, 5)
    return bytes
  }
  const absurd = TEXT.replace('IDX=9>', 'IDX=99999999999>')
  it.each([
    ['nothing', Buffer.alloc(0), 'invalid-data', 'the file ends in its magic'],
    ['three bytes', Buffer.from('BCF'), 'invalid-data', 'the file ends in its magic'],
    ['another magic', Buffer.from('BAM\x01....'), 'invalid-data', 'starts with the bytes 42414d01'],
    ['BCF 2.1', Buffer.from('BCF\x02\x01\0\0\0\0'), 'unsupported', 'is of version 2.1, expected 2.2'],
    ['BCF 1', Buffer.from('BCF\x04\0\0\0\0\0'), 'unsupported', 'is of version 4.0, expected 2.2'],
    ['a text of 4 GiB', withLength(2 ** 32 - 1), 'invalid-data', 'l_text is 4294967295'],
    ['a text of 200 MiB', withLength(200 << 20), 'invalid-data', 'the file ends in the header text'],
    ['a text without #CHROM', encodeHeader('##fileformat=VCFv4.3\n'), 'invalid-data', 'ends in its header'],
    ['an absurd IDX', encodeHeader(absurd), 'invalid-data', '"DP" has IDX=99999999999'],
  ])('%s', async (_, bytes, code, message) => {
    await expect(bind(bytes)).rejects.toThrow(message)
    await expect(bind(bytes)).rejects.toMatchObject({ code })
  })

  it('a large IDX costs nothing', async () => {
    const bytes = encodeBcf(TEXT.replace('IDX=4>', 'IDX=999999999>'), [{ ...VARIANT, chrom: 999_999_999 }])
    const bound = await bind(bytes)
    expect(variantsOf((await scanBytes(bound)).rows)).toMatchObject([{ chrom: '1', pos: 100n }])
  })

  it('without IDX names count in their order, PASS before all', async () => {
    const header = TEXT.replace(/,IDX=\d+>/g, '>')
    const bytes = encodeBcf(header, [
      { ...VARIANT, chrom: 2, filters: [2], info: [[3, { type: 'int8', items: [5] }]], format: [] },
    ])
    const bound = await bind(bytes)
    expect(variantsOf((await scanBytes(bound)).rows)).toMatchObject([
      { chrom: 'HLA-A*01:01', filter: ['s50'], info: { DP: 5, AF: null } },
    ])
  })

  it.each(CONTAINERS)('longer than what is looked at of every file, in %s', async (packing) => {
    const contigs = Array.from(
      { length: 60_000 },
      (_, i) => `##contig=<ID=contig_${i}_${(i * 7919) % 60_000}>\n`,
    )
    const header = TEXT.replace(/##contig.*\n/g, '').replace('##INFO', `${contigs.join('')}##INFO`)
    const bytes = pack(encodeBcf(header, [{ ...VARIANT, chrom: 59_999 }]), packing, [60_000])
    const { rows } = await scanBytes(await bind(bytes))
    expect(variantsOf(rows)).toMatchObject([{ chrom: `contig_59999_${(59_999 * 7919) % 60_000}` }])
  })

  it('options', async () => {
    const bytes = encodeBcf(TEXT, [VARIANT])
    await expect(bindBytes(bytes, 'bcf', { sample: 'NA1' })).rejects.toThrow('unknown option "sample"')
    await expect(bindBytes(bytes, 'bcf', { samples: 'NA9' })).rejects.toThrow('"NA9" is not in the file')
  })
})

describe('damage', () => {
  const next = random(78)
  const variants = Array.from({ length: 300 }, (_, i) => ({ ...VARIANT, id: `r${i}`, pos: i * 10 }))
  const raw = encodeBcf(TEXT, variants)
  const attempt = async (bytes: Uint8Array): Promise<number | undefined> => {
    try {
      return (await scanBytes(await bindBytes(bytes, 'bcf'))).rows.length
    } catch (error) {
      if (!isVarveError(error, 'invalid-data') && !isVarveError(error, 'unsupported')) throw error
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
    const header = encodeHeader(TEXT)
    const bound = await bindBytes(encodeBcf(TEXT, [VARIANT]), 'bcf')
    const record = encodeVariant(VARIANT)
    // A file of records as long as one likes, made where it is looked at.
    const source = {
      uri: 'memory://far.bcf',
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
