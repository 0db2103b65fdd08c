/** What wrong input gets: a message that names subject, actual, expected and place; a code; an exit status. */

import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bgzf, csvText, fastqRecords, random } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { expectFailure, type Failure } from './program.ts'

type Refusal = Parameters<typeof expectFailure> extends [unknown, unknown, ...infer Rest] ? Rest : never

const place = new HostedWorkplace()
afterAll(() => place.remove())

const write = (name: string, content: string | Uint8Array): void => writeFileSync(place.path(name), content)

const refused = (argv: readonly string[], ...rest: Refusal): Promise<Failure> =>
  expectFailure(place, argv, ...rest)

/** Of every column: the number of rows alone is known without looking at their values. */
const count = (path: string): string[] => ['sql', '-c', `select count(columns(*)) from read_auto('${path}')`]

/** The same bytes but one, at this offset from the beginning, or from the end when negative. */
function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const offset = at < 0 ? copy.length + at : at
  copy[offset] = copy[offset]! ^ 0xff
  return copy
}

describe.concurrent('damaged files', () => {
  const records = fastqRecords(6000)
  const text = records.join('')
  const gz = gzipSync(text)
  const bgz = bgzf(Buffer.from(text))
  const next = random(7)
  const noise = Buffer.from(Array.from({ length: 4096 }, () => next() * 256)).fill(0xfe, 0, 8)
  const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1)

  beforeAll(() => {
    write('cut.fastq.gz', half(gz))
    write('cut-bgz.fastq.gz', half(bgz))
    write('cut.fastq', text.slice(0, -70))
    write('plain.fastq.gz', text)
    for (const name of ['noise', 'noise.fastq', 'noise.csv', 'noise.txt']) write(name, noise)
    write('noise.fastq.gz', gzipSync(noise))
    write('latin1.txt', Buffer.from('first\ncafé\n', 'latin1'))
    write('prose.fastq', 'These are words.\nNo reads at all.\n')
    write('stream.fastq.gz', flipped(gz, gz.length >> 1))
    write('stream-bgz.fastq.gz', flipped(bgz, bgz.length >> 1))
    write('crc.fastq.gz', flipped(gz, -8))
    write('length.fastq.gz', flipped(gz, -1))
    write('tail.fastq.gz', Buffer.concat([gz, Buffer.from('what is this?')]))
    const unequal = [...records]
    unequal[1207] = unequal[1207]!.replace(/...\n$/, '\n')
    write('unequal.fastq', unequal.join(''))
    const noPlus = [...records]
    noPlus[2] = noPlus[2]!.replace('\n+\n', '\n')
    write('no-plus.fastq', noPlus.join(''))
  })

  test.each<[string, RegExp]>([
    [
      'cut.fastq.gz',
      /^gzip: the file ends in the middle of a deflate stream .*\(file:\S+cut\.fastq\.gz @ byte \d+\)$/,
    ],
    [
      'cut-bgz.fastq.gz',
      /^bgzf: the file ends in the middle .* BGZF block that begins at byte \d+\) \(file:\S+ @ byte \d+\)$/,
    ],
    ['cut.fastq', /^fastq: record 5999 ends in the middle, expected .*\(file:\S+cut\.fastq @ byte \d+\)$/],
    ['noise.fastq', /^fastq: the file starts with "þ" at byte 0, expected "@" \(file:\S+noise\.fastq\)$/],
    ['noise.fastq.gz', /^fastq: the file starts with "þ" at byte 0, expected "@"/],
    ['noise', /^the file starts with the bytes (fe){8}, expected one of .*fastq, .*\(file:\S+noise\)$/],
    ['noise.csv', /^csv: byte 0 is not valid UTF-8.*noise\.csv\)$/],
    ['noise.txt', /^lines: byte \d+ is NUL, expected text \(file:\S+noise\.txt\)$/],
    ['latin1.txt', /^lines: line 1 is not valid UTF-8 \(file:\S+latin1\.txt @ byte \d+\)$/],
    ['prose.fastq', /^fastq: the file starts with "T" at byte 0, expected "@" \(file:\S+prose\.fastq\)$/],
    ['stream.fastq.gz', /^fastq: record \d+ has .*\(file:\S+stream\.fastq\.gz @ decompressed byte \d+\)$/],
    ['stream-bgz.fastq.gz', /^bgzf: .* BGZF block that begins at byte \d+.*\(file:\S+ @ byte \d+\)$/],
    [
      'crc.fastq.gz',
      /^gzip: decompressed bytes have CRC32 [0-9a-f]{8}, expected [0-9a-f]{8} in the member .*\(file:\S+ @ byte \d+\)$/,
    ],
    [
      'length.fastq.gz',
      /^gzip: decompressed length is \d+ \(mod 2\^32\), expected \d+ .*\(file:\S+ @ byte \d+\)$/,
    ],
    [
      'tail.fastq.gz',
      /^gzip: found 0x77 after the last member, expected another one, .*\(file:\S+ @ byte \d+\)$/,
    ],
  ])('%s', async (name, message) => {
    const pattern = new RegExp(message)
    await refused(count(name), 'invalid-data', pattern)
    if (name.includes('c'))
      await refused(['index', name], 'invalid-data', pattern, {
        stdout: /^\{\s+"indexes": \[\],\s+"failed": \[/,
      })
  })

  test('a gz that is none is read as what it is, or not at all', async () => {
    expect(await place.rows("select count(*) as n from 'plain.fastq.gz'")).toEqual([{ n: 6000 }])
  })

  test('a record with unequal lengths: record, byte and both lengths', async () => {
    const byte = records.slice(0, 1207).join('').length
    const { details } = await refused(
      count('unequal.fastq'),
      'invalid-data',
      /^fastq: record 1207 has 57 quality values, expected 60, one for each base \(file:\S+unequal\.fastq @ byte \d+\)$/,
    )
    expect(details).toMatchObject({ uri: `file://${place.path('unequal.fastq')}`, record: 1207 })
    expect(details.byte).toBeGreaterThanOrEqual(byte)
    expect(details.byte).toBeLessThan(byte + records[1207]!.length)
    await refused(
      count('no-plus.fastq'),
      'invalid-data',
      /^fastq: record 2 has no line that starts with "\+" before the next title/,
    )
  })

  test('the same record in a gz: the byte is one of the decompressed text, and says so', async () => {
    write('unequal.fastq.gz', gzipSync(readFileSync(place.path('unequal.fastq'))))
    await refused(
      count('unequal.fastq.gz'),
      'invalid-data',
      /^fastq: record 1207 has 57 quality values, .*unequal\.fastq\.gz @ decompressed byte \d+\)$/,
    )
  })

  test('ignore_errors passes the record over, and rejects() names it', async () => {
    const sql =
      "create table t as from read_fastq('unequal.fastq', ignore_errors := true); " +
      'select (select count(*) from t) as n, record, message from rejects()'
    const [row] = await place.rows(sql)
    expect(row).toMatchObject({ n: 5999, record: 1207 })
    expect(row?.message).toMatch(/57 quality values, expected 60/)
  })
})

describe.concurrent('empty files', () => {
  beforeAll(() => {
    for (const name of ['empty.fastq', 'empty.txt', 'empty.csv', 'empty.fastq.gz']) write(name, '')
    write('nothing.fastq.gz', gzipSync(''))
  })

  test.each(['empty.fastq', 'empty.txt', 'empty.fastq.gz', 'nothing.fastq.gz', 'empty.csv'])(
    '%s has no rows, an index and empty slices',
    async (name) => {
      expect(await place.rows(`from '${name}'`)).toEqual([])
      const slices = await place.slices([name, '-n', '2'])
      expect(slices.map((slice) => JSON.parse(slice) as unknown)).toMatchObject([{ rows: 0 }, { rows: 0 }])
      const cat = await place.run(['cat', '-'], { stdin: slices.join('\n') })
      expect(cat).toMatchObject({ code: 0, stdout: '', stderr: '' })
    },
  )

  test('words of nothing', async () => {
    expect(await place.rows("from read_words('empty.txt')")).toEqual([])
  })

  test('a csv of no bytes has the column that DuckDB gives it', async () => {
    const own = await place.rows("describe from read_csv('empty.csv')")
    const ours = await place.rows("describe from varve_read_csv('empty.csv')")
    expect(ours).toEqual(own)
  })
})

describe.concurrent('csv rows', () => {
  const rows = csvText(60_000).split('\n')
  const late = rows.map((row, i) => (i === 50_001 ? `${row},more` : row))

  beforeAll(() => write('late.csv', late.join('\n')))

  test('too many fields among the first rows', async () => {
    const bad = rows.slice(0, 5000)
    bad[3000] += ',more'
    write('early.csv', bad.join('\n'))
    await refused(
      ['sql', '-c', "from 'early.csv'"],
      'invalid-data',
      /^csv: no delimiter and quote read the first records alike; give .*\(file:\S+early\.csv\)$/,
    )
  })

  test('too many fields later on: record and byte', async () => {
    const { details } = await refused(
      ['sql', '-c', "select count(name) from 'late.csv'"],
      'invalid-data',
      /^csv: record 50000 .*4.*expected 3.*\(file:\S+late\.csv @ byte \d+\)$/,
    )
    const byte = late.slice(0, 50_001).join('\n').length + 1
    expect(details).toMatchObject({ record: 50_000 })
    expect(details.byte).toBeGreaterThanOrEqual(byte)
    expect(details.byte).toBeLessThan(byte + late[50_001]!.length)
  })

  test('ignore_errors leaves it out and lists it', async () => {
    const sql =
      "create table t as from varve_read_csv('late.csv', ignore_errors := true); " +
      'select (select count(*) from t) as n, record from rejects()'
    expect(await place.rows(sql)).toEqual([{ n: 59_999, record: 50_000 }])
  })

  test('a value that does not fit the type of its column', async () => {
    const bad = [...rows]
    bad[50_001] = 'fifty thousand,x,1'
    write('typed.csv', bad.join('\n'))
    await refused(
      ['sql', '-c', "select sum(id) from 'typed.csv'"],
      'invalid-data',
      /^csv: record 50000 .*fifty thousand.*\(file:\S+typed\.csv @ byte \d+\)$/,
    )
  })
})
