/** The table functions as an engine calls them: arguments, columns, what is refused. */

import { describe, expect, it } from 'vitest'
import { SCAN_FUNCTIONS, TABLE_FUNCTIONS } from '../../src/scan/functions/index.ts'
import { fastqFile, manyReads, pack } from './support/corpus.ts'
import { numbered } from './support/harness.ts'
import { Bench, failure, query } from './support/service.ts'

const bench = new Bench()
const service = bench.service()
const CORPUS = fastqFile(manyReads(3_000, 91))
const path = bench.file('reads.fq.gz', pack(CORPUS.raw, 'gzip', []))
const uri = `file://${path}`

const refused = async (name: string, args: readonly unknown[], named: Record<string, unknown> = {}) => {
  const found = await failure(
    query(service, name, { args: args as string[], named: named as Record<string, string> }),
  )
  return `${found.code}: ${found.message}`
}

describe('arguments', () => {
  it.each([
    ['no_such_function', [path], {}, 'invalid-input: unknown table function no_such_function'],
    ['read_fastq', [null], {}, 'invalid-input: the path is NULL, expected a text'],
    ['read_fastq', [], {}, 'invalid-input: the path is NULL, expected a text'],
    ['read_fastq', [[]], {}, 'invalid-input: the path is [], expected at least one text'],
    ['read_fastq', [5n], {}, 'invalid-input: the path is "5", expected a text'],
    ['read_fastq', [path], { filename: 'yes' }, 'invalid-input: filename is "yes", expected true or false'],
    ['read_fastq', [path], { ignore_errors: 1 }, 'invalid-input: ignore_errors is 1, expected true or false'],
    [
      'read_fastq',
      [path],
      { delim: ';' },
      'invalid-input: Invalid named parameter "delim" for function read_fastq\nCandidates:\n    filename BOOLEAN\n    ignore_errors BOOLEAN\n',
    ],
    // One that read_auto knows, as some format does.
    [
      'read_auto',
      [path],
      { delim: ';' },
      `invalid-input: fastq: unknown option "delim", it takes none (${uri})`,
    ],
    ['read_fastq', [path], { IGNORE_Errors: 1 }, 'invalid-input: ignore_errors is 1, expected true or false'],
    [
      'read_auto',
      [path],
      { format: 'fasts' },
      'invalid-input: unknown format "fasts", expected one of geotiff, las, copc, parquet, imzml, bam, bcf, fastq, fasta, vcf, csv, lines, words',
    ],
    ['read_fastq', [`${path}.gone`], {}, `not-found: ${path}.gone does not exist`],
    ['slices', [path], {}, 'invalid-input: slices: 0 strategies given, expected n, rows or bytes'],
    [
      'slices',
      [path],
      { n: 2, rows: 5 },
      'invalid-input: slices: 2 strategies given, expected n, rows or bytes',
    ],
    [
      'slices',
      [path],
      { n: 0 },
      'invalid-input: strategy count: n is 0, expected a whole number from 1 to 10000000',
    ],
    [
      'slices',
      [path],
      { strategy: 'size', n: 3 },
      'invalid-input: unknown strategy "size", expected one of count, rows, bytes',
    ],
    [
      'slices',
      [path],
      { strategy: 'rows', n: 3 },
      'invalid-input: strategy rows has no argument "n", expected rows',
    ],
    [
      'read_slice',
      ['{}'],
      {},
      'invalid-input: slice: without a version, expected a line as `varve slices` prints it',
    ],
    [
      'read_slice',
      ['{"v":2}'],
      {},
      'invalid-input: slice: of version 2, not 1, expected a line as `varve slices` prints it',
    ],
    [
      'read_slice',
      ['null'],
      {},
      'invalid-input: slice: without a version, expected a line as `varve slices` prints it',
    ],
    [
      'index_info',
      [bench.file('none.txt', 'a')],
      {},
      /^not-found: .* has no index; make one with `varve index`$/,
    ],
  ])('%s(%o, %o)', async (name, args, named, message) => {
    const found = await refused(name, args, named)
    if (typeof message === 'string') expect(found).toBe(message)
    else expect(found).toMatch(message)
  })

  it('that are NULL are not given', async () => {
    const named = { filename: null, ignore_errors: null, format: null }
    expect(await query(service, 'read_auto', { args: [path], named, columns: ['record'] })).toHaveLength(
      3_000,
    )
  })

  it('may be a list of paths', async () => {
    const rows = await query(service, 'read_fastq', { args: [[path, path]], columns: ['record'] })
    expect(rows).toHaveLength(6_000)
  })
})

describe('columns', () => {
  it('that two files do not share are refused, with both files', async () => {
    bench.file('mixed/a.csv', 'x,y\n1,2\n')
    bench.file('mixed/b.csv', 'x,z\n1,2\n')
    const message = await refused('varve_read_csv', [`${bench.folder}/mixed/*.csv`])
    expect(message).toMatch(
      /^invalid-data: columns of .*b\.csv are \(x int64, z int64\), expected those of .*a\.csv: \(x int64, y int64\)$/,
    )
  })

  it('of a binary file called .fastq are refused', async () => {
    const binary = bench.file('binary.fastq', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0]))
    expect(await refused('read_auto', [binary])).toMatch(
      /^invalid-data: fastq: the file starts with .* expected "@" \(file:/,
    )
    expect(await refused('read_fastq', [binary])).toMatch(
      /^invalid-data: fastq: the file starts with .* expected "@" \(file:/,
    )
  })

  it('of an empty file are those of its format, without rows', async () => {
    for (const name of ['empty.fastq', 'empty.txt', 'empty.fastq.gz']) {
      const empty = bench.file(name, name.endsWith('.gz') ? pack(Buffer.alloc(0), 'gzip', []) : '')
      expect(await query(service, 'read_auto', { args: [empty] })).toEqual([])
      // And once more, with the index that this has left.
      expect(await query(service, 'read_auto', { args: [empty] })).toEqual([])
    }
  })
})

describe('varve_index, index_info and slices', () => {
  it('tell of the same segments', async () => {
    bench.forgetIndexes()
    const built = await query(service, 'varve_index', { args: [path] })
    expect(built).toEqual([
      [
        path,
        'fastq',
        expect.stringMatching(/^file:.*\.parquet$/),
        true,
        3_000n,
        expect.anything(),
        expect.anything(),
      ],
    ])
    expect((await query(service, 'varve_index', { args: [path] }))[0]![3]).toBe(false)
    expect((await query(service, 'varve_index', { args: [path], named: { force: true } }))[0]![3]).toBe(true)

    const info = await query(service, 'index_info', { args: [path] })
    expect(BigInt(info.length)).toBe(built[0]![5])
    expect(info.reduce((sum, row) => sum + (row[2] as bigint), 0n)).toBe(3_000n)
    expect(info.at(-1)![6]).toBe(BigInt(CORPUS.raw.length))

    const slices = await query(service, 'slices', { args: [path], named: { n: 7 } })
    expect(slices.map(([id]) => id)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n])
    const rows = await query(service, 'read_slice', { args: [slices.map(([, slice]) => slice as string)] })
    expect(rows).toEqual(numbered(CORPUS.rows))
    const [, slice, firstRow, count] = slices[3]!
    const part = await query(service, 'read_slice', { args: [slice as string], columns: ['id'] })
    expect(part).toEqual(
      CORPUS.rows.slice(Number(firstRow), Number(firstRow) + Number(count)).map(([id]) => [id]),
    )
  })

  it('index many files at once', async () => {
    bench.forgetIndexes()
    for (const i of [0, 1, 2]) bench.file(`batch/${i}.txt`, `${i}\n`.repeat(i))
    const built = await query(service, 'varve_index', {
      args: [`${bench.folder}/batch/*.txt`],
      columns: ['rows', 'built'],
    })
    expect(built).toEqual([
      [0n, true],
      [1n, true],
      [2n, true],
    ])
  })

  it('make slices of files of different columns no table', async () => {
    const other = bench.file('other.txt', 'a\n')
    const one = (
      await query(service, 'slices', { args: [path], named: { n: 1 }, columns: ['slice'] })
    )[0]![0] as string
    const two = (
      await query(service, 'slices', { args: [other], named: { n: 1 }, columns: ['slice'] })
    )[0]![0] as string
    expect(await refused('read_slice', [[one, two]])).toMatch(
      /^invalid-input: slices of .* have different columns$/,
    )
  })
})

describe('signatures', () => {
  it('are those of the functions', () => {
    expect(TABLE_FUNCTIONS.map(({ name }) => name)).toEqual([
      'read_geotiff',
      'read_las',
      'read_copc',
      'varve_read_parquet',
      'read_imzml',
      'read_bam',
      'read_bcf',
      'read_fastq',
      'read_fasta',
      'read_vcf',
      'varve_read_csv',
      'read_lines',
      'read_words',
      'read_auto',
      'read_slice',
      'slices',
      'index_info',
      'varve_index',
      'rejects',
    ])
    expect(TABLE_FUNCTIONS).toEqual(JSON.parse(JSON.stringify(TABLE_FUNCTIONS)))
    for (const one of SCAN_FUNCTIONS) expect(one.summary).toMatch(/^[A-Z].*[.]$|; for CALL\.$/)
  })
})
