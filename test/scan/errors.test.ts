/** Bad records: their place in the whole file, or their line in `rejects()`. */

import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { indexFile } from '../../src/scan/build.ts'
import { csvFile, fastqFile, manyReads, manyRows, PLAIN_STYLE, pack, type Value } from './support/corpus.ts'
import { Bench, failure, query } from './support/service.ts'

const bench = new Bench()
const service = bench.service()

const READS = manyReads(48_000, 51)
const WHOLE = fastqFile(READS)
const BAD_AT = 46_000
const PACKINGS = ['plain', 'gzip', 'members', 'bgzf'] as const
const SIZES = [60_000, 20_000]

const OFFSETS = [0]
for (const read of READS) OFFSETS.push(OFFSETS.at(-1)! + fastqFile([read], PLAIN_STYLE).raw.length)

/** Where read `i` begins in the file of all reads. */
function offsetOf(i: number): number {
  return OFFSETS[i]!
}

/** The file with the read's last quality value left out. */
function broken(...reads: readonly number[]): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const read of reads) {
    const cut = offsetOf(read + 1) - 2
    parts.push(WHOLE.raw.subarray(from, cut))
    from = cut + 1
  }
  return Buffer.concat([...parts, WHOLE.raw.subarray(from)])
}

describe.each(PACKINGS)('a bad read deep inside a file in %s', (packing) => {
  const unit = packing === 'plain' ? 'byte' : 'decompressed byte'

  it('has its place in the whole file', async () => {
    bench.forgetIndexes()
    const path = bench.file(`deep.${packing}`, pack(broken(BAD_AT), packing, SIZES))
    const place = `(file://${path} @ ${unit} ${offsetOf(BAD_AT)})`
    const { length } = READS[BAD_AT]!.sequence
    const expected = {
      code: 'invalid-data',
      message: `fastq: record ${BAD_AT} has ${length - 1} quality values, expected ${length}, one for each base ${place}`,
    }
    expect(await failure(query(service, 'read_fastq', { args: [path] }))).toEqual(expected)
    expect(await failure(indexFile(path, service.context))).toEqual(expected)
    expect(bench.cached()).toEqual([])
  })

  it('is passed over with ignore_errors, and listed', async () => {
    bench.forgetIndexes()
    service.context.rejects.length = 0
    const bad = [10, 30_000, BAD_AT, 47_999]
    const path = bench.file(`ignored.${packing}`, pack(broken(...bad), packing, SIZES))
    const rows = await query(service, 'read_fastq', {
      args: [path],
      named: { ignore_errors: true },
      columns: ['id', 'record'],
    })
    const good = WHOLE.rows.filter((_, i) => !bad.includes(i))
    expect(rows.length).toBe(good.length)
    expect(rows).toEqual(good.map((row, i) => [row[0]!, BigInt(i)]))
    // Ordinals are those of the good records, as `record` has them.
    const messages = bad.map((read, i) => {
      const { length } = READS[read]!.sequence
      return `fastq: record ${read - i} has ${length - 1} quality values, expected ${length}, one for each base`
    })
    const listed = await query(service, 'rejects', { args: [] })
    expect(listed).toEqual(
      bad.map((read, i) => [`file://${path}`, BigInt(offsetOf(read) - i), BigInt(read - i), messages[i]!]),
    )
    expect(bench.cached()).toEqual([])
  })
})

describe('ignore_errors', () => {
  it('does not see the index: ordinals are those of a scan, with or without one', async () => {
    bench.forgetIndexes()
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}`)
    const raw = Buffer.from(`${lines.join('\n')}\n`)
    raw[raw.indexOf('line 2000')] = 0xff
    const path = bench.file('invalid.txt', raw)
    const call = { args: [path], named: { ignore_errors: true }, columns: ['line', 'record'] }
    const before = await query(service, 'read_lines', call)
    expect(before.length).toBe(4_999)
    // Building it looks at no text.
    await indexFile(path, service.context)
    expect(await query(service, 'read_lines', call)).toEqual(before)
    const some = await query(service, 'read_lines', {
      ...call,
      predicates: [{ column: 'record', op: '>=', values: [2_500] }],
    })
    expect(some.filter(([, record]) => (record as bigint) >= 2_500n)).toEqual(before.slice(2_500))
  })

  it('lists a table row that does not fit, with its message', async () => {
    service.context.rejects.length = 0
    const all = manyRows(100_000, 52)
    const style = { eol: '\n', delim: ',', finalNewline: true, blanks: [] } as const
    const { options, rows } = csvFile(all, style)
    const before = csvFile(all.slice(0, 99_500), style).raw
    const after = csvFile(all.slice(99_500), style).raw
    const line = Buffer.from('not a number,x,1\n')
    const bad = Buffer.concat([before, line, after.subarray(after.indexOf('\n') + 1)])
    const path = bench.file('bad.csv', bad)
    const named = { ...(options as Record<string, string>), ignore_errors: true }
    const read = await query(service, 'varve_read_csv', { args: [path], named, columns: ['id', 'record'] })
    expect(read.length).toBe(rows.length)
    const record = read.findIndex(([id], i) => id !== rows[i]![0])
    expect(record).toBe(-1)
    const [reject, ...others] = service.context.rejects
    expect(others).toEqual([])
    expect(reject).toMatchObject({ uri: `file://${path}`, byte: before.length })
    expect(reject!.message).toMatch(`csv: record ${reject!.record} has "not a number" in column "id"`)
    expect(reject!.record).toBe(99_500)
  })

  it('goes on behind rubbish of any length', async () => {
    service.context.rejects.length = 0
    const rubbish = Buffer.from(`${'@ rubbish + rubbish\n'.repeat(60_000)}`)
    const cut = offsetOf(20)
    const parts = [WHOLE.raw.subarray(0, cut), rubbish, WHOLE.raw.subarray(cut, offsetOf(5_000))]
    for (const packing of PACKINGS) {
      const path = bench.file(`rubbish.${packing}.fq`, pack(Buffer.concat(parts), packing, SIZES))
      service.context.rejects.length = 0
      const rows = await query(service, 'read_fastq', {
        args: [path],
        named: { ignore_errors: true },
        columns: ['id'],
      })
      expect(rows).toEqual(WHOLE.rows.slice(0, 5_000).map(([id]) => [id]))
      expect(service.context.rejects.length).toBe(1)
      expect(service.context.rejects[0]).toMatchObject({ byte: cut, record: 20 })
    }
  })
})

describe('text that is not UTF-8', () => {
  const good: readonly Value[] = ['read_lines', 'read_words', 'read_fastq']
  const contents: Readonly<Record<string, string>> = {
    read_lines: 'one\ntwo\nthree\nfour\n',
    read_words: 'one two  three\nfour',
    read_fastq: '@one\nA\n+\n!\n@two x\nC\n+\n!\n@three\nG\n+\n!\n@four\nT\n+\n!\n',
  }

  it.each(good.map(String))('in %s is an error with its place, or passed over', async (name) => {
    const raw = Buffer.from(contents[name]!)
    raw[raw.indexOf('three') + 1] = 0xc3
    const path = bench.file(`utf8.${name}`, raw)
    const byte = raw.indexOf('four') - (name === 'read_fastq' ? 14 : 6)
    const reading = failure(query(service, name, { args: [path] }))
    expect(await reading).toEqual({
      code: 'invalid-data',
      message: expect.stringMatching(
        new RegExp(`^\\w+: (record|line|word) 2 is not valid UTF-8 \\(file://.* @ byte ${byte}\\)$`),
      ) as string,
    })
    // Who does not ask for it does not mind.
    expect(await query(service, name, { args: [path], columns: ['record'] })).toHaveLength(4)
    bench.forgetIndexes()
    service.context.rejects.length = 0
    const rows = await query(service, name, { args: [path], named: { ignore_errors: true } })
    expect(rows.map((row) => [row[0], row.at(-1)])).toEqual([
      ['one', 0n],
      ['two', 1n],
      ['four', 2n],
    ])
    expect(service.context.rejects.map(({ byte: at, record }) => [at, record])).toEqual([[byte, 2]])
  })

  it('is found where two halves of a character make a whole one', async () => {
    const path = bench.file('halves.txt', Buffer.from([0x61, 0xc3, 0x0a, 0xa9, 0x0a]))
    expect(await failure(query(service, 'read_lines', { args: [path] }))).toMatchObject({
      code: 'invalid-data',
      message: expect.stringContaining('line 0 is not valid UTF-8'),
    })
  })

  it('has its place in a later piece', async () => {
    const raw = Buffer.from(`${'0123456789abcdef\n'.repeat(800_000)}`)
    raw[12_000_001] = 0xff
    const path = bench.file('late.txt', raw)
    const record = Math.floor(12_000_001 / 17)
    expect(await failure(query(service, 'read_lines', { args: [path] }))).toEqual({
      code: 'invalid-data',
      message: `lines: line ${record} is not valid UTF-8 (file://${path} @ byte ${record * 17})`,
    })
  })
})

describe('a damaged compressed file', () => {
  it.each(['gzip', 'bgzf'] as const)('in %s says where, and leaves no index', async (packing) => {
    bench.forgetIndexes()
    const bytes = pack(WHOLE.raw, packing, SIZES)
    const flipped = Buffer.from(bytes)
    flipped[bytes.length - 300_000]! ^= 0x10
    for (const [name, damaged] of [
      ['flipped', flipped],
      ['cut', bytes.subarray(0, bytes.length - 300_000)],
    ] as const) {
      const path = bench.file(`${name}.${packing}`, damaged)
      const found = await failure(query(service, 'read_fastq', { args: [path] }))
      expect(found.code).toBe('invalid-data')
      expect(found.message).toContain(path)
      const byte = Number(/byte (\d+)\)$/.exec(found.message)?.[1])
      expect(byte).toBeGreaterThan(bytes.length - 600_000)
      expect(bench.cached()).toEqual([])
    }
  })

  it('is found by its index, too, when the file keeps its identity', async () => {
    // A store whose identity does not change with the bytes: here, a file whose index is made from other bytes.
    const path = bench.file('same.txt', 'one\ntwo\nthree\n')
    const { index } = await indexFile(path, service.context)
    expect(index.segments[0]!.crc).not.toBe(0)
    writeFileSync(path, 'one\ntwo\nthree\n')
    expect(await query(service, 'read_lines', { args: [path], columns: ['line'] })).toHaveLength(3)
  })
})
