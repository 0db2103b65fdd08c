/** `varve sql`: where statements come from, what rows become, what is said beside them. */

import { readFileSync, writeFileSync } from 'node:fs'
import { tableFromIPC } from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fastqText } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { expectFailure, type Row, tracesOf } from './program.ts'

const place = new HostedWorkplace()

beforeAll(() => {
  writeFileSync(place.path('reads.fastq'), fastqText(100))
  writeFileSync(place.path('ask.sql'), "select count(*) as n\nfrom 'reads.fastq'; -- done\n")
})
afterAll(() => place.remove())

test.concurrent('-c, a file, - and standard input', async () => {
  const csv = ['--format', 'csv']
  const expected = { code: 0, stdout: 'n\n100\n', stderr: '' }
  const sql = readFileSync(place.path('ask.sql'), 'utf8')
  expect(await place.run(['sql', '-c', sql, ...csv])).toMatchObject(expected)
  expect(await place.run(['sql', 'ask.sql', ...csv])).toMatchObject(expected)
  expect(await place.run(['sql', '-', ...csv], { stdin: sql })).toMatchObject(expected)
  expect(await place.run(['sql', ...csv], { stdin: sql })).toMatchObject(expected)
  expect(await place.run(['sql', ...csv], { stdin: '' })).toMatchObject({ code: 0, stdout: '' })
  await expectFailure(place, ['sql', 'none.sql'], 'not-found', /^none\.sql does not exist$/)
})

describe.concurrent('formats', () => {
  const sql =
    "select 1::int as a, 'x,\"y\"' as b, null as c, date '2026-01-02' as d union all select 2, '', 'z', null order by a"

  test('table is the default, drawn as DuckDB draws it', async () => {
    const { stdout } = await place.run(['sql', '-c', "select 'abc' as name, 42 as answer"])
    expect(stdout).toBe(
      [
        '┌─────────┬────────┐',
        '│  name   │ answer │',
        '│ varchar │ int32  │',
        '├─────────┼────────┤',
        '│ abc     │     42 │',
        '└─────────┴────────┘',
        '',
      ].join('\n'),
    )
  })

  test('csv, json, jsonl', async () => {
    const out = async (format: string): Promise<string> =>
      (await place.run(['sql', '-c', sql, '--format', format])).stdout
    expect(await out('csv')).toBe('a,b,c,d\n1,"x,""y""",,2026-01-02\n2,"",z,\n')
    const rows = [
      { a: 1, b: 'x,"y"', c: null, d: '2026-01-02' },
      { a: 2, b: '', c: 'z', d: null },
    ]
    expect(JSON.parse(await out('json'))).toEqual(rows)
    expect(
      (await out('jsonl'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Row),
    ).toEqual(rows)
  })

  test('arrow and parquet, on standard output and with -o by the ending', async () => {
    const sqlOf = "select record, id from 'reads.fastq' order by record"
    const parquet = await binary(['sql', '-c', sqlOf, '--format', 'parquet'])
    const rows = await parquetReadObjects({
      file: parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.length) as ArrayBuffer,
    })
    expect(rows).toHaveLength(100)
    expect(rows[99]).toEqual({ record: 99n, id: 'r99' })
    const arrow = tableFromIPC(await binary(['sql', '-c', sqlOf, '--format', 'arrow']))
    expect([arrow.numRows, arrow.get(99)?.toJSON()]).toEqual([100, { record: 99n, id: 'r99' }])
    for (const name of ['o.parquet', 'o.arrow', 'o.csv', 'o.json', 'o.jsonl'])
      expect(await place.run(['sql', '-c', sqlOf, '-o', name])).toMatchObject({
        code: 0,
        stdout: '',
        stderr: '',
      })
    expect(tableFromIPC(readFileSync(place.path('o.arrow'))).numRows).toBe(100)
    expect(JSON.parse(readFileSync(place.path('o.json'), 'utf8'))).toHaveLength(100)
    expect(
      await place.rows("select count(*) as n from 'o.parquet' p join 'o.csv' using (record, id)"),
    ).toEqual([{ n: 100 }])
  })

  test('integers beyond ±(2^53 - 1) are strings in JSON, at any depth', async () => {
    const big =
      'select 9007199254740991 as safe, 9007199254740992 as big, -9007199254740993 as low, ' +
      '18446744073709551615::ubigint as u, [9007199254740993] as l, {x: 9007199254740993} as s, ' +
      '170141183460469231731687303715884105727::hugeint as h'
    expect(await place.rows(big)).toEqual([
      {
        safe: 9007199254740991,
        big: '9007199254740992',
        low: '-9007199254740993',
        u: '18446744073709551615',
        l: ['9007199254740993'],
        s: { x: '9007199254740993' },
        h: '170141183460469231731687303715884105727',
      },
    ])
  })

  test('nothing is nothing in every format', async () => {
    const sqlOf = "select id from 'reads.fastq' where false"
    const out = async (format: string): Promise<string> =>
      (await place.run(['sql', '-c', sqlOf, '--format', format])).stdout
    expect(await out('csv')).toBe('id\n')
    expect(await out('json')).toBe('[]\n')
    expect(await out('jsonl')).toBe('')
    expect(tableFromIPC(await binary(['sql', '-c', sqlOf, '--format', 'arrow'])).numRows).toBe(0)
  })

  test('no colour and no bar is printed into pipes, NO_COLOR or not', async () => {
    for (const env of [{ TERM: 'xterm' }, { NO_COLOR: '1' }, { FORCE_COLOR: '1' }] as Record<
      string,
      string
    >[]) {
      const ended = await place.run(['sql', '-c', "from 'reads.fastq'"], { env })
      expect(`${ended.stdout}${ended.stderr}`).not.toContain('\x1b')
      expect(ended.stderr).toBe('')
    }
  })
})

test.concurrent('parameters keep their types', async () => {
  const argv = ['--param', 'n=97', '--param', 'name=r98', '--param', 'none=null', '--param', 'list=[1,2]']
  const sql =
    "select id, $none is null as none, $list as list from 'reads.fastq' where record > $n and id <> $name"
  expect(await place.rows(sql, { argv })).toEqual([{ id: 'r99', none: true, list: [1, 2] }])
  const path = ['--param', 'path=reads.fastq']
  expect(await place.rows('select count(*) as n from read_fastq($path)', { argv: path })).toEqual([
    { n: 100 },
  ])
})

test.concurrent('--timing: one line per statement on stderr, of exactly this shape', async () => {
  const ended = await place.run([
    'sql',
    '-c',
    "select id from 'reads.fastq' limit 5; create table t (a int)",
    '--timing',
    '--format',
    'csv',
  ])
  const lines = ended.stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('varve: '))
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(
    /^varve-timing \{"rows":5,"ms":\d+(\.\d+)?,"first_row_ms":\d+(\.\d+)?,"requests":\d+,"bytes":\d+\}$/,
  )
  expect(lines[1]).toMatch(
    /^varve-timing \{"rows":0,"ms":[\d.]+,"first_row_ms":null,"requests":0,"bytes":0\}$/,
  )
})

test.concurrent('VARVE_TRACE: one line per request to a store on stderr, of exactly this shape', async () => {
  const ended = await place.run(['sql', '-c', "select count(id) from 'reads.fastq'"], {
    env: { VARVE_TRACE: '1' },
  })
  const lines = ended.stderr.trimEnd().split('\n')
  for (const line of lines) {
    expect(line).toMatch(
      /^varve-trace \{"op":"(GET|HEAD|PUT|DELETE|COPY|LIST)","uri":"[^"]+","range":("\d+-\d+"|null),"status":(\d+|null),"bytes":\d+,"ms":\d+(\.\d+)?\}$/,
    )
  }
  const size = fastqText(100).length
  const source = tracesOf(ended).filter(({ uri }) => uri === `file://${place.path('reads.fastq')}`)
  expect(source.filter(({ op }) => op === 'GET')).toMatchObject([{ range: `0-${size - 1}`, bytes: size }])
  const none = await place.run(['sql', '-c', 'select 1'], { env: { VARVE_TRACE: '1' } })
  expect(none.stderr).toBe('')
})

/** Standard output as bytes. */
async function binary(argv: readonly string[]): Promise<Buffer> {
  const { child, ended } = place.start(argv)
  const pieces: Buffer[] = []
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
  const { code, stderr } = await ended
  expect([code, stderr]).toEqual([0, ''])
  return Buffer.concat(pieces)
}
