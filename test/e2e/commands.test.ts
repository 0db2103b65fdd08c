/** `index`, `slices`, `cat`, `info`, `formats`, `init`: what they print, for people and for programs. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bgzf, csvText, fastqText, largeFastq } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { failureOf, filesUnder, type Row } from './program.ts'

const place = new HostedWorkplace()
const text = fastqText(3000)
const table = csvText(2000)

beforeAll(() => {
  writeFileSync(place.path('reads.fastq'), text)
  writeFileSync(place.path('reads.fastq.gz'), gzipSync(text))
  writeFileSync(place.path('reads.bgz.fastq.gz'), bgzf(Buffer.from(text)))
  writeFileSync(place.path('table.csv'), table)
  writeFileSync(place.path('notes.txt'), 'one two  three\nfour\r\n\n  five six')
})
afterAll(() => place.remove())

const json = async (argv: readonly string[], env: Record<string, string> = {}): Promise<unknown> => {
  const ended = await place.run([...argv, '--json'], { env })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(ended.stdout)
}
const own = (name: string): { VARVE_CACHE: string } => ({ VARVE_CACHE: place.path('.cache', name) })

describe.concurrent('index', () => {
  test('says what it built and what was there', async () => {
    const env = own('index')
    const first = await place.run(['index', 'reads.fastq', 'table.csv'], { env })
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(
      /^built {2}file:\S+reads\.fastq {2}fastq: 3,000 rows in 1 segment, index [\d.]+ KiB, [\d.]+ s\nbuilt {2}file:\S+table\.csv {2}csv: 2,000 rows/,
    )
    const second = await place.run(['index', '*.fastq', 'table.csv'], { env })
    expect(second.stdout.match(/^there /gm)).toHaveLength(2)
    expect(await json(['index', 'reads.fastq', '--force'], env)).toMatchObject({
      indexes: [
        { uri: `file://${place.path('reads.fastq')}`, format: 'fastq', built: true, rows: 3000, segments: 1 },
      ],
      failed: [],
    })
    expect(await json(['index', 'reads.fastq'], env)).toMatchObject({ indexes: [{ built: false }] })
  })

  test('--as another format makes another index', async () => {
    const env = own('as')
    expect(await json(['index', 'reads.fastq', '--as', 'lines', '--jobs', '1'], env)).toMatchObject({
      indexes: [{ format: 'lines', rows: 12_000 }],
    })
    expect(await json(['index', 'reads.fastq'], env)).toMatchObject({
      indexes: [{ format: 'fastq', built: true }],
    })
    expect(filesUnder(place.path('.cache/as')).filter((path) => path.endsWith('.parquet'))).toHaveLength(2)
  })

  test('one bad file of several: 3, and the rest is done', async () => {
    writeFileSync(place.path('bad.fastq'), `${text.slice(0, 1000)}\n`)
    const argv = ['index', 'bad.fastq', 'none.fastq', 'reads.fastq', 'none-*.csv']
    const plain = await place.run(argv, { env: own('bad') })
    expect(plain.code).toBe(3)
    expect(plain.stdout).toMatch(/^built {2}file:\S+reads\.fastq/)
    expect(plain.stderr.trimEnd().split('\n').at(-1)).toBe('varve: 3 of 4 files failed')
    const ended = await place.run([...argv, '--json'], { env: own('bad') })
    expect(ended.code).toBe(3)
    const report = JSON.parse(ended.stdout) as { indexes: Row[]; failed: Row[] }
    expect(report.indexes.map(({ rows }) => rows)).toEqual([3000])
    expect(report.failed.map(({ uri, code }) => [uri, code]).sort()).toEqual([
      ['bad.fastq', 'invalid-data'],
      ['none-*.csv', 'not-found'],
      ['none.fastq', 'not-found'],
    ])
    expect(failureOf(ended)).toMatchObject({ message: '3 of 4 files failed' })
  })

  test('a pattern that matches nothing, alone, is not found', async () => {
    expect((await place.run(['index', 'none-*.csv'])).code).toBe(10)
  })
})

describe.concurrent('slices and cat', () => {
  const sum = (slices: readonly string[]): number =>
    slices.reduce((rows, slice) => rows + (JSON.parse(slice) as { rows: number }).rows, 0)

  test.each([
    [['-n', '7'], 7],
    [['--by', 'count', '--arg', 'n=7'], 7],
    [['--rows', '1000'], 3],
    [['--by', 'rows', '--arg', 'rows=1000'], 3],
    [['--bytes', '1MiB'], 1],
    [['--bytes', '40000'], undefined],
    [[], 1],
  ])('%j', async (strategy, expected) => {
    const all = ['reads.fastq.gz', 'reads.fastq', 'reads.bgz.fastq.gz']
    // How rows are grouped is the same for all containers; where they are cut is not.
    const files = ['-n', '--bytes'].includes(strategy[0] ?? '') ? all : all.slice(0, 1)
    for (const file of files) {
      const slices = await place.slices([file, ...strategy])
      if (expected !== undefined) expect(slices, file).toHaveLength(expected)
      else expect(slices.length, file).toBeGreaterThan(1)
      expect(sum(slices), file).toBe(3000)
      const whole = await place.run(['cat', '-'], { stdin: slices.join('\n') })
      expect(whole, file).toMatchObject({ code: 0, stdout: text, stderr: '' })
    }
  })

  test('a slice, or a list of slices, as a parameter: what a shell gives of a file', async () => {
    const slices = await place.slices(['reads.fastq.gz', '-n', '3'])
    const counted = (value: string) =>
      place.rows('select count(*) as n, min(record) as first from read_slice($s)', {
        argv: ['--param', `s=${value}`],
      })
    expect(await counted(`${slices[1]}\n`)).toEqual([{ n: 1000, first: 1000 }])
    expect(await counted(`[${slices[0]},${slices[1]}]`)).toEqual([{ n: 2000, first: 0 }])
  })

  test('one slice, by argument, from a pipe, as Arrow rows, in SQL', async () => {
    const slices = await place.slices(['reads.fastq.gz', '-n', '3'])
    const expected = text.split('\n').slice(4000, 8000).join('\n').concat('\n')
    expect((await place.run(['cat', slices[1]!])).stdout).toBe(expected)
    expect((await place.run(['cat'], { stdin: slices[1]! })).stdout).toBe(expected)
    const sql = `select min(record) as a, max(record) as b, count(*) as n from read_slice('${slices[1]}')`
    expect(await place.rows(sql)).toEqual([{ a: 1000, b: 1999, n: 1000 }])
    const all = slices.map((slice) => `'${slice}'`).join(', ')
    expect(await place.rows(`select count(distinct id) as n from read_slice([${all}])`)).toEqual([
      { n: 3000 },
    ])
    const made = await place.rows("select slice, first_row, rows from slices('reads.fastq.gz', n := 3)")
    expect(made.map(({ slice }) => slice)).toEqual(slices)
    expect(made.map(({ first_row, rows }) => [first_row, rows])).toEqual([
      [0, 1000],
      [1000, 1000],
      [2000, 1000],
    ])
  })

  test('--json is one array of them, and cat takes it', async () => {
    const slices = await json(['slices', 'reads.fastq', '-n', '3'])
    expect(slices).toHaveLength(3)
    const whole = await place.run(['cat', '-'], { stdin: JSON.stringify(slices, null, 2) })
    expect(whole.stdout).toBe(text)
  })

  test('the header of a table: in the first slice, before others only with --header', async () => {
    const slices = await place.slices(['table.csv', '-n', '4'])
    const [head, ...rows] = table.trimEnd().split('\n')
    const part = (i: number): string => `${rows.slice(i * 500, (i + 1) * 500).join('\n')}\n`
    const cat = async (...argv: string[]): Promise<string> => (await place.run(['cat', ...argv])).stdout
    expect(await cat(slices[0]!)).toBe(`${head}\n${part(0)}`)
    expect(await cat(slices[0]!, '--header')).toBe(`${head}\n${part(0)}`)
    expect(await cat(slices[2]!)).toBe(part(2))
    expect(await cat(slices[2]!, '--header')).toBe(`${head}\n${part(2)}`)
    const some = { stdin: slices.slice(2).join('\n') }
    expect((await place.run(['cat', '--header'], some)).stdout).toBe(`${head}\n${part(2)}${part(3)}`)
    expect((await place.run(['cat'], { stdin: slices.join('\n') })).stdout).toBe(table)
  })

  test('no slice cuts a line or a word; bytes that are neither stay', async () => {
    const notes = readFileSync(place.path('notes.txt'), 'utf8')
    for (const format of ['lines', 'words']) {
      const slices = await place.slices(['notes.txt', '-n', '9', '--as', format])
      const parts: string[] = []
      for (const slice of slices) parts.push((await place.run(['cat', slice])).stdout)
      expect(parts.join('')).toBe(notes)
      const records = parts.map((part) =>
        (format === 'words' ? part.split(/\s+/) : part.split('\n')).filter(Boolean),
      )
      expect(records.flat()).toEqual(
        (format === 'words' ? notes.split(/\s+/) : notes.split('\n')).filter(Boolean),
      )
    }
  })

  test('an index built again, or by several processes at once, keeps the slices that were cut by it', async () => {
    writeFileSync(place.path('large.fastq.gz'), gzipSync(largeFastq(40_000), { level: 1 }))
    const env = own('again')
    const count = ['sql', '-c', "select count(sequence) as n from 'large.fastq.gz'", '--format', 'csv']
    const scans = await Promise.all([1, 2, 3].map(() => place.run(count, { env, alone: true })))
    for (const scan of scans) expect(scan).toMatchObject({ code: 0, stdout: 'n\n40000\n', stderr: '' })
    const slices = await place.slices(['large.fastq.gz', '-n', '4'], { env })
    expect(JSON.parse(slices[3]!)).toMatchObject({
      window: { uri: expect.stringContaining('/again/') as string },
    })
    await Promise.all(
      [1, 2].map(() => place.run(['index', 'large.fastq.gz', '--force'], { env, alone: true })),
    )
    expect(await place.run(['cat', slices[3]!])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: largeFastq(40_000).toString('latin1').split('\n').slice(120_000).join('\n'),
    })
  })

  test('a slice holds a path that is valid anywhere', async () => {
    mkdirSync(place.path('elsewhere'))
    const [slice] = await place.slices(['reads.fastq', '-n', '2'])
    expect((JSON.parse(slice!) as Row).uri).toBe(`file://${place.path('reads.fastq')}`)
    const ended = await place.run(['cat', slice!], { cwd: place.path('elsewhere') })
    expect(ended.stdout).toBe(text.split('\n').slice(0, 6000).join('\n').concat('\n'))
  })
})

describe.concurrent('info and formats', () => {
  test('info: without an index, with one, plain and JSON', async () => {
    const env = own('info')
    const before = (await json(['info', 'reads.fastq.gz'], env)) as Row
    expect(before).toEqual({
      uri: `file://${place.path('reads.fastq.gz')}`,
      format: 'fastq',
      container: 'gzip',
      size: gzipSync(text).length,
      identity: expect.stringMatching(/./) as string,
      columns: [
        { name: 'id', type: 'VARCHAR' },
        { name: 'description', type: 'VARCHAR' },
        { name: 'sequence', type: 'VARCHAR' },
        { name: 'quality', type: 'VARCHAR' },
        { name: 'record', type: 'BIGINT' },
      ],
      index: expect.stringMatching(
        /^file:.*\/\.cache\/info\/indexes\/[0-9a-f]{32}\/fastq\.parquet$/,
      ) as string,
      indexed: false,
      rows: null,
      segments: null,
      index_bytes: null,
    })
    await place.run(['index', 'reads.fastq.gz'], { env })
    const after = (await json(['info', 'reads.fastq.gz'], env)) as Row
    expect(after).toMatchObject({
      ...before,
      indexed: true,
      rows: 3000,
      segments: 1,
      index_bytes: expect.any(Number) as number,
    })
    const { stdout } = await place.run(['info', 'table.csv'], { env })
    expect(stdout).toMatch(/^uri +file:.*\nformat +csv\nsize +[\d,]+ bytes/)
    expect(stdout).toMatch(/\ncolumns\n {2}id +BIGINT\n {2}name +VARCHAR\n {2}score +DOUBLE\n$/)
  })

  test('formats', async () => {
    const rows = (await json(['formats'])) as Row[]
    expect(rows.map(({ name }) => name)).toEqual([
      ...['geotiff', 'las', 'copc', 'parquet', 'imzml', 'bam', 'bcf'],
      ...['fastq', 'fasta', 'vcf', 'csv', 'lines', 'words'],
    ])
    expect(rows.find(({ name }) => name === 'fastq')).toMatchObject({
      functions: ['read_fastq'],
      extensions: ['fastq', 'fq'],
      strategies: ['count', 'rows', 'bytes'],
    })
    const { stdout } = await place.run(['formats'])
    expect(stdout).toMatch(/│ fastq +│ read_fastq/)
  })
})

describe('the lake', () => {
  test('init, twice, as text and as JSON', async () => {
    const first = await place.run(['init', 'lake'])
    expect(first.stdout).toMatch(/^made {2}file:\S+\/lake\/ {2}\(id [0-9a-f-]{36}\)\n$/)
    expect((await place.run(['init', 'lake'])).stdout).toBe(first.stdout.replace('made', 'there'))
    expect(await json(['init', 'lake'])).toMatchObject({
      lake: `file://${place.path('lake')}/`,
      created: false,
    })
    expect(filesUnder(place.path('lake'))).toEqual(['lake.json'])
    const lake = JSON.parse(readFileSync(place.path('lake/lake.json'), 'utf8')) as Row
    expect(lake).toMatchObject({ format: 'varve-lake', version: 1 })
  })

  test('indexes are kept in ./lake, --lake or VARVE_LAKE when it is one, else in VARVE_CACHE', async () => {
    writeFileSync(place.path('own.fastq'), largeFastq(50))
    const where = async (argv: string[], env: Record<string, string> = {}): Promise<string> =>
      ((await json(['info', 'own.fastq', ...argv], env)) as { index: string }).index
    expect(await where([])).toContain(`file://${place.path('lake')}/indexes/`)
    await json(['init', 'second'])
    expect(await where(['--lake', 'second'])).toContain('/second/indexes/')
    expect(await where([], { VARVE_LAKE: place.path('second') })).toContain('/second/indexes/')
    expect(await where(['--lake', 'lake'], { VARVE_LAKE: place.path('second') })).toContain('/lake/indexes/')
    expect(await where(['--lake', 'no-lake'])).toContain('/.cache/indexes/')
    expect(await where(['--lake', 'no-lake'], own('named'))).toContain('/.cache/named/indexes/')
    await json(['index', 'own.fastq'])
    expect(filesUnder(place.path('lake')).filter((name) => name.startsWith('indexes/'))).toHaveLength(1)
  })

  test('a lake of a later version, or no lake at all under its name', async () => {
    mkdirSync(place.path('odd'))
    writeFileSync(place.path('odd/lake.json'), '{"format":"varve-lake","version":9,"id":"x"}')
    const later = await place.run(['init', 'odd', '--json'])
    expect([later.code, failureOf(later).message]).toEqual([
      13,
      expect.stringMatching(/version 9, expected 1; update varve/),
    ])
    writeFileSync(place.path('odd/lake.json'), 'hello')
    expect((await place.run(['init', 'odd', '--json'])).code).toBe(12)
  })
})

test('help everywhere, with examples, on standard output', async () => {
  const commands = [
    ...['sql', 'index', 'slices', 'cat', 'info', 'formats', 'init', 'demo'],
    ...[
      'datasets',
      'versions',
      'log',
      'diff',
      'label',
      'tag',
      'untag',
      'delete',
      'gc',
      'verify',
      'stores',
      'store',
    ],
    ...['add', 'rm', 'mv', 'alias', 'files', 'get', 'summary', 'table', 'table write', 'table list'],
    ...['export', 'import', 'publish', 'attach', 'offline', 'fork', 'merge', 'restore'],
  ]
  const [all, ...each] = await Promise.all(
    [[], ...commands.map((name) => name.split(' '))].map((words) => place.run([...words, '--help'])),
  )
  expect(all).toMatchObject({ code: 0, stderr: '' })
  for (const name of commands.filter((name) => !name.includes(' ')))
    expect(all?.stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
  for (const help of each) {
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(/Examples:\n(.*\n)* {2}.*varve /)
  }
  const version = await place.run(['--version'])
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
