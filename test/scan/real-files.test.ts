/** Every FASTQ and text file of ../shared/data, against what its PROVENANCE.md says of it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { indexFile } from '../../src/scan/build.ts'
import { Bench, failure, query } from './support/service.ts'

const data = join(import.meta.dirname, '../../../shared/data')
const present = existsSync(data)
if (!present && process.env.CI === 'true') throw new Error(`${data} is missing`)
if (!present) console.warn(`SKIPPED: ${data} is missing, so no real file was read`)

const bench = new Bench()
const service = bench.service()

interface Facts {
  readonly reads: number
  readonly bases: number
  readonly shortest: number
  readonly longest: number
  readonly first: string
  readonly last: string
}

/** The rows of PROVENANCE.md about files of a folder: path and facts. */
function provenance(folder: string): { path: string; facts: string }[] {
  if (!present) return []
  const rows = readFileSync(join(data, 'PROVENANCE.md'), 'utf8').split('\n')
  return rows
    .filter((row) => row.startsWith(`| ${folder}/`))
    .map((row) => row.split(' | '))
    .map((cells) => ({ path: cells[0]!.slice(2).trim(), facts: cells.at(-1)! }))
}

function kseq(facts: string): Facts {
  const match =
    /kseq\(pysam\): (\d+) reads, (\d+) bases, length (\d+)-(\d+), first `(.*?)`, last `(.*?)`/.exec(facts)!
  const [, reads, bases, shortest, longest, first, last] = match
  return {
    reads: Number(reads),
    bases: Number(bases),
    shortest: Number(shortest),
    longest: Number(longest),
    first: first!,
    last: last!,
  }
}

const content = (path: string): Buffer => {
  const bytes = readFileSync(join(data, path))
  return bytes[0] === 0x1f ? gunzipSync(bytes) : bytes
}

/** A parser that knows nothing of ours: lengths alone say where a quality ends. */
function parse(path: string): (string | null)[][] {
  const lines = content(path).toString('utf8').split(/\r?\n/)
  const reads: (string | null)[][] = []
  let i = 0
  while (i < lines.length) {
    const title = lines[i++]!
    if (title === '') continue
    let sequence = ''
    while (!lines[i]!.startsWith('+')) sequence += lines[i++]!
    i++
    let quality = ''
    while (quality.length < sequence.length) quality += lines[i++]!
    const [, id, description] = /^@(\S*)\s*(.*)$/.exec(title)!
    reads.push([id!, description === '' ? null : description!, sequence, quality])
  }
  return reads
}

/**
 * The negative samples. Where kseq reads the whole file without leaving anything out, so do we: what it does not
 * compare (titles behind "+") or forbid (spaces) is not ours to forbid. Where it leaves something out, we refuse.
 */
const REFUSED: Readonly<Record<string, string>> = {
  // kseq skips the second quality in silence, up to the next "@".
  'error_double_qual.fastq': 'record 3 starts with "+", expected "@"',
  'error_long_qual.fastq': 'record 3 has 26 quality values, expected 25',
  'error_no_qual.fastq': 'record 0 has ',
  // kseq makes a read without quality of what is left of the last one.
  'error_trunc_at_seq.fastq': 'record 4 ends in the middle, expected its sequence',
}

const fastqs = provenance('fastq').filter(({ facts }) => facts.includes('kseq'))

describe.skipIf(!present)('fastq', () => {
  it('is all that the folder holds', () => {
    const files = readdirSync(join(data, 'fastq'), { recursive: true, withFileTypes: true })
    const indexes = files.filter((entry) => /\.(gzi|fai)$/.test(entry.name))
    expect(fastqs.length).toBe(files.filter((entry) => entry.isFile()).length - indexes.length)
  })

  it.each(fastqs)('$path', async ({ path, facts }) => {
    const file = join(data, path)
    const reading = () =>
      query(service, 'read_fastq', {
        args: [file],
        columns: ['id', 'description', 'sequence', 'quality', 'record'],
      })
    const refused = REFUSED[path.split('/').at(-1)!]
    if (refused !== undefined) {
      const expected = { code: 'invalid-data', message: expect.stringContaining(`fastq: ${refused}`) }
      expect(await failure(reading())).toMatchObject(expected)
      expect(await failure(indexFile(file, service.context))).toMatchObject(expected)
      return
    }
    const { reads, bases, shortest, longest, first, last } = kseq(facts)
    bench.forgetIndexes()
    const rows = await reading()
    expect(rows).toEqual(parse(path).map((read, i) => [...read, BigInt(i)]))
    const lengths = rows.map((row) => (row[2] as string).length)
    expect({
      reads: rows.length,
      bases: lengths.reduce((a, b) => a + b, 0),
      shortest: Math.min(...lengths),
      longest: Math.max(...lengths),
      first: rows[0]![0],
      last: rows.at(-1)![0],
    }).toEqual({ reads, bases, shortest, longest, first, last })
    // The scan has left its index, with which the rows are the same.
    expect((await indexFile(file, service.context)).built).toBe(false)
    expect(await reading()).toEqual(rows)
    // The head of a file decides what it is, whatever it is called.
    expect(await query(service, 'read_auto', { args: [file], columns: ['id'] })).toHaveLength(reads)
  })

  it('reads the same reads from gzip and bgzip', async () => {
    const of = (path: string) => query(service, 'read_fastq', { args: [join(data, 'fastq', path)] })
    expect(await of('derived/reads_1.bgzip.fq.gz')).toEqual(await of('seqkit/reads_1.fq.gz'))
  })
})

const texts = provenance('text')

describe.skipIf(!present)('text', () => {
  it.each(texts)('$path', async ({ path, facts }) => {
    const file = join(data, path)
    const text = content(path).toString('utf8')
    // "102 LF": the last line has none, so there is one line more where text stands behind the last LF.
    const feeds = Number(/(\d+) LF/.exec(facts)![1])
    const words = Number(/(\d+) words/.exec(facts)![1])
    const lines = await query(service, 'read_lines', { args: [file] })
    expect(lines.length).toBe(feeds + (text.endsWith('\n') ? 0 : 1))
    const expected = text.split('\n').map((line) => line.replace(/\r$/, ''))
    if (expected.at(-1) === '') expected.pop()
    expect(lines).toEqual(expected.map((line, i) => [line, BigInt(i)]))
    const found = await query(service, 'read_words', { args: [file], columns: ['word'] })
    expect(found.length).toBe(words)
    expect(found.map(([word]) => word)).toEqual(text.split(/\s+/).filter((word) => word !== ''))
  })
})
