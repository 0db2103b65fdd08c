/** Every FASTA file of ../shared/data, against samtools faidx and what PROVENANCE.md has from kseq. */

import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { parseHead } from '../../../src/formats/head.ts'
import { formatNamed } from '../../../src/formats/registry.ts'
import { makeSlice } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { makeSliceHandle } from '../../../src/library/slice.ts'
import { indexFile } from '../../../src/scan/build.ts'
import { locate } from '../../../src/store/index.ts'
import { readWork, textOf } from '../../scan/support/harness.ts'
import { Bench, query } from '../../scan/support/service.ts'
import { DATA } from '../../sql/runner.ts'
import { fastaFile, PLAIN, residuesOf } from './support.ts'

const folder = join(DATA, 'fasta')
const present = existsSync(folder)
const samtools = spawnSync('samtools', ['--version']).status === 0
for (const [there, what] of [
  [present, folder],
  [samtools, 'samtools'],
] as const) {
  if (there) continue
  if (process.env.CI) throw new Error(`${what} is missing`)
  console.warn(`SKIPPED: ${what} is missing, so FASTA was not compared with it`)
}

const bench = new Bench()
const service = bench.service()
const scratch = mkdtempSync(join(tmpdir(), 'varve-faidx-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const files = present
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(fa|fasta|pro)(\.gz)?$/.test(name))
      .sort()
  : []

const rawOf = (path: string): Buffer => {
  const bytes = readFileSync(path)
  return bytes[0] === 0x1f ? gunzipSync(bytes) : bytes
}

/** A parser that knows nothing of ours. */
function parse(raw: Buffer): (string | bigint | null)[][] {
  const records = `\n${raw.toString('latin1')}`.split('\n>').slice(1)
  return records.map((text, i) => {
    const feed = text.indexOf('\n')
    const title = (feed < 0 ? text : text.slice(0, feed)).replace(/\r$/, '')
    const [, id, description] = /^[ \t]*([^ \t]*)[ \t]*(.*)$/.exec(title)!
    const sequence = feed < 0 ? '' : text.slice(feed).replace(/\s/g, '')
    return [id!, description === '' ? null : description!, sequence, BigInt(sequence.length), 0n, BigInt(i)]
  })
}

const COLUMNS = ['id', 'description', 'sequence', 'length', 'offset', 'record']
const read = (path: string) => query(service, 'read_fasta', { args: [path], columns: COLUMNS })

describe.skipIf(!present)('every file', () => {
  it('is there', () => expect(files.length).toBe(19))

  it.each(files)('%s', async (name) => {
    const path = join(folder, name)
    const rows = await read(path)
    expect(rows).toEqual(parse(rawOf(path)))
    const facts = readFileSync(join(DATA, 'PROVENANCE.md'), 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`| fasta/${name} |`))
    const kseq = /kseq\(pysam\): (\d+) sequences, length (\d+)-(\d+)/.exec(facts!)!
    const lengths = rows.map((row) => Number(row[3]))
    // kseq takes the space in " C" for a residue, samtools does not.
    const longest = name === 'seqkit/empty_id_and_seq.fa' ? 2 : Math.max(...lengths)
    expect([rows.length, Math.min(...lengths), longest]).toEqual(kseq.slice(1).map(Number))
    // With the index of the first scan, and by another projection.
    expect((await indexFile(path, service.context)).built).toBe(false)
    expect(await read(path)).toEqual(rows)
    const few = await query(service, 'read_fasta', { args: [path], columns: ['length', 'id'] })
    expect(few).toEqual(rows.map((row) => [row[3], row[0]]))
  })
})

/** `samtools faidx`: its index, or undefined where it refuses the file. */
function faidx(raw: Buffer, name: string): { path: string; lines: string[][] } | undefined {
  const path = join(scratch, basename(name, '.gz'))
  writeFileSync(path, raw)
  if (spawnSync('samtools', ['faidx', path]).status !== 0) return undefined
  const text = readFileSync(`${path}.fai`, 'utf8').trimEnd()
  return { path, lines: text === '' ? [] : text.split('\n').map((line) => line.split('\t')) }
}

describe.skipIf(!present || !samtools)('samtools faidx', () => {
  const refused: string[] = []

  it.each(files)('has the same names, lengths and residues: %s', async (name) => {
    const indexed = faidx(rawOf(join(folder, name)), name)
    if (indexed === undefined) {
      refused.push(name)
      return
    }
    const rows = await read(join(folder, name))
    // It leaves out what is empty, and the second of two sequences of the same name.
    const full = rows.filter((row) => row[3] !== 0n)
    const first = full.filter((row, i) => full.findIndex((one) => one[0] === row[0]) === i)
    expect(first.map((row) => [row[0], String(row[3])])).toEqual(
      indexed.lines.map(([id, length]) => [id, length]),
    )
    for (const [id, , sequence] of first) {
      if (id === '' || sequence === '') continue
      const text = execFileSync('samtools', ['faidx', indexed.path, id as string], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      })
      expect(text.split('\n').slice(1).join('')).toBe(sequence)
    }
  })

  it('refuses only what it says it refuses', () => {
    // Lines of different lengths, which no arithmetic finds.
    expect(refused).toEqual(EXPECTED_REFUSALS)
  })

  it('opens what `cat` makes of slices inside of sequences', async () => {
    const path = join(folder, 'indexedfasta-js/volvox.fa')
    const { index } = await indexFile(path, service.context)
    const cuts = cutRows(index, { name: 'residues', args: { n: 7000 } }, formatNamed('fasta').strategies)
    const texts: string[] = []
    for (const cut of cuts) {
      const slice = makeSliceHandle(makeSlice(index, cut, false), service.context)
      texts.push((await textOf(slice.text())).toString())
    }
    const joined = faidx(Buffer.from(texts.join('')), 'slices.fa')!
    // The law: the parts, one after the other, are the sequences, each part under the name samtools gives it.
    const whole = faidx(rawOf(path), 'volvox.fa')!
    const residues = (file: string, name: string): string[] =>
      execFileSync('samtools', ['faidx', file, name], { encoding: 'utf8' }).split('\n').slice(1)
    for (const [name] of joined.lines)
      expect(residues(joined.path, `{${name}}`)).toEqual(residues(whole.path, name!))
    expect(joined.lines.map(([name]) => name)).toEqual([
      ...[1, 7001, 14001, 21001, 28001, 35001, 42001].map((at) => `ctgA:${at}-${at + 6999}`),
      'ctgA:49001-50001',
      'ctgB',
    ])
  })
})

const EXPECTED_REFUSALS: string[] = []

describe.skipIf(!present || !samtools)('an index of samtools and bgzip beside a large file', () => {
  const sequences = Array.from({ length: 40 }, (_, i) => ({
    id: `chr${i + 1}`,
    description: i % 3 === 0 ? null : `number ${i}`,
    residues: residuesOf(90_000 + 1000 * i, i + 1),
  }))
  const { raw } = fastaFile(sequences, { ...PLAIN, wrap: 61 })

  it.each(['plain', 'bgzip'])('brings the sequence, and few bytes beside it: %s', async (how) => {
    const own = bench.file(`large-${how}/large.fa`, raw)
    if (how === 'bgzip') execFileSync('bgzip', [own])
    const path = how === 'bgzip' ? `${own}.gz` : own
    execFileSync('samtools', ['faidx', path])
    const source = (await locate(path).store.open(locate(path).key))!
    const bytes = await source.read(0, source.size)
    const format = formatNamed('fasta')
    const beside = async (name: (uri: string) => string) => {
      const place = locate(name(path))
      return place.store.open(place.key)
    }
    const file = { head: parseHead(path, bytes, true), source, beside, signal: undefined }
    const layout = await format.layout(file, {})
    const wanted = [1, 2, 17, 40].map((i) => `chr${i}`)
    const pieces = (await format.narrow!(file, layout, [{ column: 'id', op: 'in', values: wanted }]))!
    expect(pieces.length).toBe(3)
    const rows = []
    for (const piece of pieces)
      rows.push(
        ...(await readWork({ source, format, layout, file: undefined as never }, piece, [0, 1, 2])).rows,
      )
    const expected = sequences.filter(({ id }) => wanted.includes(id))
    expect(rows).toEqual(expected.map(({ id, description, residues }) => [id, description, residues]))
    const read = pieces.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(read).toBeLessThan(0.15 * source.size)
    await source.close?.()
    // The same by the whole way.
    const predicates = [{ column: 'id', op: '=' as const, values: ['chr17'] }]
    const ask = () => query(service, 'read_fasta', { args: [path], columns: ['id', 'sequence'], predicates })
    expect(await ask()).toEqual([['chr17', sequences[16]!.residues]])
    if (how === 'bgzip') return
    // Somebody appends to the file, and forgets the index.
    writeFileSync(path, Buffer.concat([raw, Buffer.from('>chr17 again\nACGT\n')]))
    const again = (await ask()).filter((row) => row[0] === 'chr17')
    expect(again.map((row) => (row[1] as string).length)).toEqual([106_000, 4])
  })
})

describe.skipIf(!present)('an index of samtools beside the file', () => {
  /** Copies without an index of ours. */
  const copy = (name: string, ...endings: string[]): string => {
    const path = bench.file(`copies/${Math.random()}/${basename(name)}`, '')
    for (const ending of ['', ...endings]) copyFileSync(join(folder, name + ending), path + ending)
    return path
  }
  const byId = (path: string, id: string, columns = ['id', 'sequence']) =>
    query(service, 'read_fasta', {
      args: [path],
      columns,
      predicates: [{ column: 'id', op: '=', values: [id] }],
    })

  it.each([
    ['indexedfasta-js/volvox.fa', ['.fai'], 'ctgB'],
    ['dataplug/fasta_sample.fasta', ['.fai'], 'crab_bovin'],
    ['htslib/xx.fa', ['.fai'], 'yy'],
    ['htslib/xx.fa', ['.fai'], 'xx'],
  ])('leaves nothing else to be read: %s %s', async (name, endings, id) => {
    const expected = (await read(join(folder, name))).filter((row) => row[0] === id)
    expect(expected.length).toBe(1)
    const path = copy(name, ...endings)
    expect(await byId(path, id)).toEqual(expected.map((row) => [row[0], row[2]]))
    // Who asks for ordinals gets all of the file, and the filter stays in the query.
    const all = await byId(path, id, ['id', 'record'])
    expect(all.filter((row) => row[0] === id)).toEqual(expected.map((row) => [row[0], row[5]]))
  })

  it.each([
    ['indexedfasta-js/end.fa.gz', ['.fai', '.gzi'], 'a shorter sequence than there is'],
    ['indexedfasta-js/no-newline.fa', ['.fai'], 'lines of no width'],
  ])('is not believed: %s %s', async (name, endings) => {
    const path = copy(name, ...endings)
    const rows = await read(join(folder, name))
    expect(await byId(path, rows[0]![0] as string)).toEqual(rows.map((row) => [row[0], row[2]]))
  })

  it('is not believed that leaves a sequence out', async () => {
    const name = 'biopython/dups.fasta'
    const indexed = faidx(rawOf(join(folder, name)), name)!
    const path = copy(name)
    copyFileSync(`${indexed.path}.fai`, `${path}.fai`)
    const found = (await byId(path, 'alpha')).filter((row) => row[0] === 'alpha')
    expect(found.length).toBe(2)
  })
})
