/** Commands that cannot be: options, statements, strategies, slices and indexes that are not what they should be. */

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fastqRecords, fastqText } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { expectFailure, failureOf, type Row } from './program.ts'

const place = new HostedWorkplace()
const records = fastqRecords(3000)

beforeAll(() => {
  writeFileSync(place.path('reads.fastq'), records.join(''))
  writeFileSync(place.path('few.fastq'), fastqText(3))
})
afterAll(() => place.remove())

describe.concurrent('the command line cannot be parsed: 2', () => {
  test.each<[string[], RegExp]>([
    [['info', 'reads.fastq', '--nope'], /unknown option '--nope'/],
    [['sql', '-c', 'select 1', '--formt', 'csv'], /unknown option '--formt'/],
    [['nope'], /unknown command 'nope'/],
    [['info'], /missing required argument 'uri'/],
    [['slices', 'reads.fastq', '-n', 'many'], /'many' is invalid\. expected a number/],
    [['slices', 'reads.fastq', '-n'], /argument missing/],
    [['slices', 'reads.fastq', '-n', '2', '--rows', '3'], /-n and --rows are given, expected one/],
    [['sql', '-c', 'select 1', '--param', 'x'], /expected name=value/],
  ])('%j', async (argv, message) => {
    const ended = await place.run([...argv, '--json'])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(failureOf(ended)).toMatchObject({ code: 'invalid-input' })
    expect(failureOf(ended).message).toMatch(message)
  })
})

describe.concurrent('it parses, but cannot be: 11', () => {
  test.each<[string[], RegExp]>([
    [
      ['slices', 'reads.fastq', '--by', 'colour'],
      /^unknown strategy "colour", expected one of count, rows, bytes$/,
    ],
    [['slices', 'reads.fastq', '--by', 'count'], /^strategy count: n is missing/],
    [['slices', 'reads.fastq', '--by', 'count', '--arg', 'n=none'], /^strategy count: n is none/],
    [['slices', 'reads.fastq', '-n', '0'], /^-n is 0, expected a whole number of at least 1$/],
    [['slices', 'reads.fastq', '-n', '-2'], /^-n is -2/],
    [['slices', 'reads.fastq', '--rows', '0'], /^--rows is 0/],
    [['slices', 'reads.fastq', '--bytes', '0'], /^--bytes is 0/],
    [['index', 'reads.fastq', '--jobs', '0'], /^--jobs is 0/],
    [
      ['info', 'reads.fastq', '--as', 'spreadsheet'],
      /^unknown format "spreadsheet", expected one of .*fastq, .*csv/,
    ],
    [['sql', '-c', 'select 1', '--format', 'xml'], /^the output format is "xml", expected table, csv/],
    [['sql', '-c', 'select $a', '--param', 'b=1'], /^--param b: no statement has \$b, expected \$a$/],
    [['cat', '{}'], /^slice: without a version/],
    [['cat', 'slice'], /^slice: not JSON/],
  ])('%j', async (argv, message) => {
    await expectFailure(place, argv, 'invalid-input', message)
  })

  test.each<[string, RegExp]>([
    ['selekt 1', /syntax error at or near "selekt"/],
    ['select 1 from', /syntax error at end of input/],
    ["select nothing from 'reads.fastq'", /Referenced column "nothing" not found/],
    ["select nothing from 'reads.fastq' where record < 5", /LINE 1: select nothing/],
    ['from read_fastq(7)', /the path is 7, expected a text/],
    ["from read_fastq('reads.fastq', colour := 'red')", /colour/],
    ["from read_auto('reads.fastq', format := 'spreadsheet')", /unknown format "spreadsheet"/],
    ["from slices('reads.fastq', strategy := 'colour', n := 4)", /unknown strategy "colour"/],
    ["from slices('reads.fastq', strategy := 'count', n := 0)", /n is 0/],
    ["from read_slice('{}')", /^slice: without a version/],
    ['select $a', /\ba\b/],
    ['from no_such_table', /no_such_table does not exist/],
  ])('%s', async (sql, message) => {
    await expectFailure(place, ['sql', '-c', sql], 'invalid-input', message)
  })

  test('the first bad statement of a script ends it', async () => {
    const sql = 'create table t (a int); insert into t values (1); selekt; insert into t values (2)'
    await expectFailure(place, ['sql', '-c', sql], 'invalid-input', /selekt/)
  })
})

test.concurrent('more slices than records: some are empty, all are valid', async () => {
  const slices = await place.slices(['few.fastq', '-n', '8'])
  expect(slices.map((slice) => (JSON.parse(slice) as Row).rows)).toEqual([0, 0, 1, 0, 0, 1, 0, 1])
  const whole = await place.run(['cat', '-'], { stdin: slices.join('\n') })
  expect(whole).toMatchObject({ code: 0, stderr: '', stdout: fastqText(3) })
  const [empty] = slices
  expect(await place.rows(`select count(*) as n from read_slice('${empty}')`)).toEqual([{ n: 0 }])
})

describe.concurrent('a slice', () => {
  let slice: Record<string, unknown> & { run: Record<string, unknown>; layout: Record<string, unknown> }
  const changed = (change: (value: typeof slice) => unknown): string => {
    const copy = structuredClone(slice)
    const made = change(copy)
    return JSON.stringify(made === undefined ? copy : made)
  }

  beforeAll(async () => {
    slice = JSON.parse((await place.slices(['reads.fastq', '-n', '4']))[1]!) as typeof slice
  })

  test.each<[string, (value: typeof slice) => unknown, RegExp]>([
    ['other rows', (it) => void (it.rows = 7), /^slice: edited: its checksum does not fit/],
    ['another file', (it) => void (it.uri = 'file:///etc/passwd'), /^slice: edited/],
    ['another byte', (it) => void (it.run.end = 17), /^slice: edited/],
    ['another column', (it) => void (it.layout.columns = []), /^slice: /],
    ['rows below zero', (it) => void (it.rows = -1), /^slice: rows: /],
    ['a text for a number', (it) => void (it.size = '7'), /^slice: size: /],
    ['a field more', (it) => ({ ...it, key: 1 }), /^slice: /],
    ['a field less', ({ identity: _, ...it }) => it, /^slice: identity: /],
    ['a later version', (it) => void (it.v = 2), /^slice: of version 2, not 1/],
    ['a list', (it) => [it], /^slice: |not found/],
    ['nothing', () => null, /^slice: /],
  ])('edited by hand, %s', async (_, change, message) => {
    const text = changed(change)
    await expectFailure(place, ['cat', text], 'invalid-input', message)
  })

  test('is refused by SQL in the same way', async () => {
    const text = changed((it) => void (it.rows = 7))
    const sql = `from read_slice('${text}')`
    await expectFailure(place, ['sql', '-c', sql], 'invalid-input', /^slice: edited/)
  })

  test('whose keys a JSON tool put in another order is the same slice', async () => {
    const sorted = JSON.stringify(
      Object.fromEntries(Object.entries(slice).sort(([a], [b]) => (a < b ? -1 : 1))),
    )
    const expected = records.slice(750, 1500).join('')
    expect(await place.run(['cat', sorted])).toMatchObject({ code: 0, stdout: expected })
  })

  test('of a file that was overwritten is stale; the file is read anew', async () => {
    const path = place.path('changing.fastq.gz')
    writeFileSync(path, gzipSync(records.join('')))
    const [first] = await place.slices(['changing.fastq.gz', '-n', '2'])
    writeFileSync(path, gzipSync(fastqText(100, 60, 2)))
    const stale = /changing\.fastq\.gz has changed/
    await expectFailure(place, ['cat', first!], 'stale', stale)
    await expectFailure(place, ['sql', '-c', `select count(id) from read_slice('${first}')`], 'stale', stale)
    expect(await place.rows("select count(id) as n from 'changing.fastq.gz'")).toEqual([{ n: 100 }])
  })
})

describe('an index', () => {
  const index = async (): Promise<string> => {
    const ended = await place.run(['info', 'indexed.fastq.gz', '--json'])
    return (JSON.parse(ended.stdout) as { index: string }).index.replace('file://', '')
  }
  const ask = ['sql', '-c', "select count(sequence) as n from 'indexed.fastq.gz'"]

  beforeAll(async () => {
    writeFileSync(place.path('indexed.fastq.gz'), gzipSync(records.join('')))
    await place.run(['index', 'indexed.fastq.gz'])
  })

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['damaged', (bytes) => Buffer.concat([bytes.subarray(0, -40), Buffer.alloc(40, 7)])],
    ['cut off', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['empty', () => new Uint8Array(0)],
    ['no Parquet at all', () => Buffer.from('hello'.repeat(500))],
    ['with a flipped byte among its numbers', (bytes) => flip(bytes, bytes.length - 1400)],
  ])('that is %s: an error that names --force, which repairs it', async (_, damage) => {
    const path = await index()
    writeFileSync(path, damage(readFileSync(path)))
    const uri = `file://${path}`
    const failure = await expectFailure(place, ask, 'invalid-data', /--force/, { knowsIndexes: true })
    expect(failure.message).toContain(uri)
    const repaired = await place.run(['index', 'indexed.fastq.gz', '--force', '--json'])
    expect(repaired).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(repaired.stdout)).toMatchObject({ indexes: [{ built: true, rows: 3000 }], failed: [] })
    expect(JSON.parse((await place.run([...ask, '--json'])).stdout)).toEqual([{ n: 3000 }])
  })

  test('of another program, or of another file, is foreign', async () => {
    const path = await index()
    const own = readFileSync(path)
    await place.run(['sql', '-c', 'from range(5)', '-o', path, '--format', 'parquet'])
    await expectFailure(place, ask, 'invalid-data', /--force/, { knowsIndexes: true })
    await expectFailure(place, ['slices', 'indexed.fastq.gz', '-n', '2'], 'invalid-data', /--force/, {
      knowsIndexes: true,
    })
    await expectFailure(place, ['index', 'indexed.fastq.gz'], 'invalid-data', /--force/, {
      stdout: /"failed"/,
      knowsIndexes: true,
    })
    await place.run(['index', 'reads.fastq'])
    const other = place
      .indexes()
      .map((name) => join(place.cache, name))
      .find((name) => name !== path)
    writeFileSync(path, readFileSync(other!))
    await expectFailure(place, ask, 'invalid-data', /--force/, { knowsIndexes: true })
    writeFileSync(path, own)
    expect(await place.run([...ask, '--format', 'csv'])).toMatchObject({ code: 0, stdout: 'n\n3000\n' })
  })

  test('without its file is not looked for', async () => {
    appendFileSync(place.path('indexed.fastq.gz'), gzipSync(records[0]!))
    expect(JSON.parse((await place.run([...ask, '--json'])).stdout)).toEqual([{ n: 3001 }])
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 0xff
  return copy
}
