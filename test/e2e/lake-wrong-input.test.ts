/** Wrong input to lakes: each says what is wrong with which code, and nothing is lost or left half-done. */

import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { HostedWorkplace } from './hosted.ts'
import { done, json, REAL, real, temporaries } from './lake.ts'
import { expectFailure, failureOf, filesUnder, type Row } from './program.ts'

const place = new HostedWorkplace()
afterAll(() => place.remove())

/** What commits say: it must be the same after everything that fails; commands at once see each other's passing names. */
const commits = (): string[] =>
  filesUnder(place.path('lake/datasets')).filter((name) => /dataset_description|refs\//.test(name))
let before: string[] = []

beforeAll(async () => {
  await done(place, ['init', 'lake'])
  mkdirSync(place.path('in'))
  writeFileSync(place.path('in/a.txt'), 'first\n')
  writeFileSync(place.path('in/b.csv'), 'id,n\n1,x\n2,y\n')
  await done(place, ['add', 'in', '--dataset', 'd', '--label', 'one'])
  await done(place, ['tag', 'd@1', 'gold'])
  await done(place, ['table', 'write', 'd', 't', 'in/b.csv', '--key', 'id'])
  before = commits()
})
const nothingCommitted = (): void => expect(commits()).toEqual(before)

describe.concurrent('what is not there', () => {
  afterAll(nothingCommitted)

  test.each([
    [['files', 'none'], 'not-found', /lake\/ has no dataset none; it has d$/],
    [['untag', 'none', 'x'], 'not-found', /lake\/ has no dataset none; it has d$/],
    [
      ['files', 'd@999'],
      'not-found',
      /^d has no version 999; it has versions 1 to 2; labels one; tags gold$/,
    ],
    [['files', 'd@0'], 'invalid-input', /^d@0: 0 is no version's number, expected 1 or more$/],
    [['files', 'd@2020-01-01'], 'not-found', /^d has no version committed by 2020-01-01; it has/],
    [['files', 'd@2026-13-45'], 'invalid-input', /2026-13-45 is no day/],
    [['files', 'd@silver'], 'not-found', /^d has no label or tag silver; it has/],
    [['files', 'd@../1'], 'invalid-input', /has a "\/"/],
    [['files', '../d'], 'invalid-input', /^the dataset name "\.\.\/d" begins with "\."$/],
    [['diff', 'd@1', 'd@2', '--table', 'none'], 'not-found', /no table "none"/],
    [['untag', 'd', 'silver'], 'not-found', /^d has no tag silver; it has gold$/],
    [['rm', 'd', 'none/**'], 'not-found', /^d@2 has no file none\/\*\*$/],
    [['mv', 'd', 'a.txt', '../a.txt'], 'invalid-input', /has "\.\." in it/],
    [['mv', 'd', 'a.txt', 'b.csv'], 'conflict', /^b\.csv is there already/],
    [['tag', 'd', 'latest'], 'invalid-input', /always means the newest/],
    [['label', 'd', '2026-01-01'], 'invalid-input', /looks like a date/],
    [['fork', 'd@1', 'd'], 'conflict', /^d is there already/],
    [['merge', 'd', 'none'], 'not-found', /no dataset none/],
    [['summary', 'd', '--by', 'none'], 'invalid-input', /no column "none", there are: path, /],
    [['attach', 'in', '--name', 'x'], 'not-found', /no published dataset/],
    [['attach', 'nowhere'], 'not-found', /no published dataset/],
    [['sql', '-c', "from 'lake://d@1/none.csv'"], 'not-found', /^d@1 has no file none\.csv/],
    [['sql', '-c', "from 'lake://d@9/b.csv'"], 'not-found', /^d has no version 9/],
    [['sql', '-c', "from 'lake://d@1/../b.csv'"], 'not-found', /^d@1 has no file \.\.\/b\.csv/],
    [['sql', '-c', "from dataset_table('d', 'none')"], 'not-found', /no table "none"/],
  ] as [string[], ErrorCode, RegExp][])('%j', async (argv, code, message) => {
    await expectFailure(place, argv, code, message)
  })

  test('a lake that is not there is what every command says first', async () => {
    const env = { VARVE_LAKE: place.path('no-lake') }
    for (const argv of [['datasets'], ['files', 'd'], ['gc'], ['add', 'in', '--dataset', 'x']])
      await expectFailure(place, argv, 'not-found', /no-lake\/ is no lake: .*varve init/, { env })
    expect(filesUnder(place.path('no-lake'))).toEqual([])
  })
})

describe.concurrent('conditions, filters, cursors', () => {
  afterAll(nothingCommitted)

  test.each([
    [['--where', '1); drop table x; --'], /^the condition 1\); drop table x; --: syntax error/],
    [['--where', 'true) union all select (1'], /is no condition, expected one as after WHERE$/],
    [['--where', '1=1; select 1'], /syntax error at or near ";"/],
    [['--where', 'nope=1'], /column "nope" not found/],
    [['--filter', 'nope=1'], /^there is no column "nope" to filter by, there are: path, /],
    [['--filter', 'bytes={"like":1}'], /^the filter of bytes says "like", expected eq, ne, /],
    [['--columns', 'nope'], /^there is no column "nope", there are: path, /],
    [['--limit', '-1'], /^--limit is -1, expected a whole number of at least 0$/],
    [['--after', 'abc'], /^"abc" is no cursor of a page$/],
  ] as [string[], RegExp][])('files %j', async (flags, message) => {
    await expectFailure(place, ['files', 'd', ...flags], 'invalid-input', message)
  })
})

describe.concurrent('tables', () => {
  afterAll(nothingCommitted)

  const schema = { properties: { n: { type: 'string', maxLength: 1 }, id: { maximum: 2 } } }

  test.each([
    [
      'a row that breaks the schema',
      'id,n\n1,x\n3,y\n',
      'invalid-data',
      /^row 2, column "id": is 3, must be/,
    ],
    ['two rows with one key', 'id,n\n1,x\n1,y\n', 'conflict', /have the key id = 1, expected one$/],
    ['a row without its key', 'id,n\n1,x\n,y\n', 'invalid-data', /^row 2: the key column "id" is null/],
    ['no key column', 'no,n\n1,x\n', 'invalid-input', /^the key column "id" is missing, there are: no, n$/],
    ['nothing', '', 'invalid-data', /^standard input is empty, expected csv, json or parquet$/],
  ] as [string, string, ErrorCode, RegExp][])(
    '%s: said, and nothing written',
    async (what, stdin, code, message) => {
      const file = place.path(`${what}.json`)
      writeFileSync(file, JSON.stringify(schema))
      const argv = ['table', 'write', 'd', 'new', '-', '--key', 'id', '--schema', file]
      await expectFailure(place, argv, code, message, { stdin })
    },
  )

  test.each([
    [['append', 'in/b.csv'], 'conflict', /has a row with the key id = 1 already/],
    [['upsert', 'in/b.csv', '--key', 'n'], 'invalid-input', /^the key is \(n\), expected \(id\) as before$/],
    [['upsert', 'in/text.csv'], 'invalid-data', /^column "id" is /],
    [['upsert', 'in/none.csv'], 'not-found', /^in\/none\.csv does not exist/],
    [['upsert', 'in/empty.csv'], 'invalid-data', /^in\/empty\.csv is empty, expected csv, json or parquet$/],
    [['upsert', 'in'], 'invalid-input', /is a folder/],
  ] as [string[], ErrorCode, RegExp][])('--mode %j', async ([mode, ...rest], code, message) => {
    writeFileSync(place.path('in/text.csv'), 'id,n\nzwei,x\n')
    writeFileSync(place.path('in/empty.csv'), '')
    await expectFailure(place, ['table', 'write', 'd', 't', ...rest, '--mode', mode!], code, message)
  })

  test('names: files is not written, .. is no table', async () => {
    const key = ['--key', 'id']
    await expectFailure(
      place,
      ['table', 'write', 'd', 'files', 'in/b.csv', ...key],
      'invalid-input',
      /expected another/,
    )
    await expectFailure(
      place,
      ['table', 'write', 'd', '../t', 'in/b.csv', ...key],
      'invalid-input',
      /is no name of/,
    )
  })
})

// By itself: until it is refused, a label is there for a moment, and others would list it.
test('a label that is taken, one that is a tag', async () => {
  const label = (name: string, message: RegExp) =>
    expectFailure(place, ['label', 'd', name], 'conflict', message)
  await label('one', /label one of d is taken: it names version 1/)
  await label('gold', /^gold is a tag of d/)
  nothingCommitted()
})

describe('add', () => {
  afterEach(nothingCommitted)

  test('links out, nowhere and in circles, hostile and colliding names: listed, the rest is added, 3', async () => {
    const links = new HostedWorkplace()
    await done(links, ['init', 'lake'])
    mkdirSync(links.path('in/sub'), { recursive: true })
    writeFileSync(links.path('in/good.txt'), 'good\n')
    writeFileSync(links.path('in/GOOD.txt'), 'other\n')
    writeFileSync(links.path('in/back\\slash'), '')
    writeFileSync(links.path('in/new\nline\u001b[31m'), '')
    symlinkSync('good.txt', links.path('in/inside.txt'))
    symlinkSync('/etc/passwd', links.path('in/out'))
    symlinkSync('nowhere', links.path('in/dangling'))
    symlinkSync('loop', links.path('in/loop'))
    symlinkSync('..', links.path('in/sub/up'))
    const ended = await links.run(['add', 'in', '--dataset', 'd'])
    expect([ended.code, ended.stdout]).toEqual([3, expect.stringMatching(/^made {3}d@1 {2}2 added/)])
    // Names are shown, never sent: they must not move a terminal's cursor.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(ended.stderr).not.toMatch(/\u001b|^line/m)
    expect(ended.stderr).toMatch(/^varve: new\\nline\\e\[31m: /m)
    const again = await links.run(['add', 'in', '--dataset', 'd', '--json'])
    expect(again.code).toBe(3)
    const report = JSON.parse(again.stdout) as { failed: { path: string; code: string }[] } & Row
    expect(report).toMatchObject({ version: 1, created: false, unchanged: 2 })
    expect(Object.fromEntries(report.failed.map(({ path, code }) => [path, code]))).toEqual({
      'GOOD.txt': 'invalid-input',
      'back\\slash': 'invalid-input',
      'new\nline\u001b[31m': 'invalid-input',
      dangling: 'not-found',
      loop: 'invalid-input',
      out: 'invalid-input',
      'sub/up': 'invalid-input',
    })
    expect(failureOf(again).message).toBe('7 of 9 files failed')
    links.remove()
  })

  test.each([
    [['nowhere'], 'not-found', /nowhere does not exist$/],
    [['none-*.txt'], 'not-found', /matches no file$/],
    [['hollow'], 'not-found', /^hollow holds no file$/],
    [['in/a.txt', '--prefix', '../x'], 'invalid-input', /^the prefix "\.\.\/x" has "\.\." in it$/],
    [['in/a.txt', '--pattern', '{'], 'invalid-input', /^the pattern "\{" has "\{" at character 1 alone/],
    [['in/a.txt', '--label', '42'], 'invalid-input', /is a version's number/],
    [['in/a.txt', '--on-conflict', 'no'], 'invalid-input', /^--on-conflict is "no", expected skip, /],
    [['in/a.txt', '--transfers', '0'], 'invalid-input', /^--transfers is 0/],
    [['s3://b/x'], 'invalid-input', /"b" is no bucket name/],
    [['gs://bucket/x'], 'unsupported', /no store for gs:/],
  ] as [string[], ErrorCode, RegExp][])('%j: no dataset comes of it', async (argv, code, message) => {
    mkdirSync(place.path('hollow'), { recursive: true })
    await expectFailure(place, ['add', ...argv, '--dataset', 'new'], code, message)
  })

  test('--on-conflict fail: 14, the older bytes stay', async () => {
    mkdirSync(place.path('other'), { recursive: true })
    writeFileSync(place.path('other/a.txt'), 'second\n')
    const argv = ['add', 'other', '--dataset', 'd', '--on-conflict']
    await expectFailure(place, [...argv, 'fail'], 'conflict', /^a\.txt is there with other bytes/)
    expect(await json(place, [...argv, 'skip'])).toMatchObject({ created: false, skipped: 1 })
  })

  test.skipIf(!REAL)('pictures with XMP are no reason to say anything', async () => {
    const pictures = new HostedWorkplace()
    await done(pictures, ['init', 'lake'])
    const ended = await done(pictures, ['add', real('image/exifr'), '--dataset', 'p'])
    expect(ended.stderr).toBe('')
    pictures.remove()
  })
})

describe('taking out', () => {
  afterEach(nothingCommitted)

  test('get never writes over a file that is not its own, nor through a link that leads out', async () => {
    mkdirSync(place.path('mine'))
    writeFileSync(place.path('mine/a.txt'), 'mine\n')
    const ended = await place.run(['get', 'd@1', 'mine'])
    expect(ended).toMatchObject({ code: 3, stdout: expect.stringMatching(/^got {2}d@1 {2}1 file/) as string })
    expect(ended.stderr).toMatch(/mine\/a\.txt is there with other bytes, and they are not varve's/)
    expect(readFileSync(place.path('mine/a.txt'), 'utf8')).toBe('mine\n')
    writeFileSync(place.path('plain'), '')
    await expectFailure(place, ['get', 'd@1', 'plain'], 'invalid-input', /plain .*is a file|lies under/)
    await expectFailure(
      place,
      ['get', 'd@1', 'asked', '--where', 'nope = 1'],
      'invalid-input',
      /"nope" not found/,
    )
    expect(filesUnder(place.path('asked'))).toEqual([])
  })

  test('export where it cannot go says so, and leaves nothing', async () => {
    await expectFailure(
      place,
      ['export', 'd@1', 'nowhere/d.varve'],
      'not-found',
      /nowhere\/d\.varve does not exist/,
    )
    await expectFailure(place, ['export', 'd@1', 'in'], 'invalid-input', /in is a folder, expected a file/)
    await expectFailure(place, ['offline', 'd@1', 'in/a.txt'], 'conflict', /is there already/)
    expect(readFileSync(place.path('in/a.txt'), 'utf8')).toBe('first\n')
    expect(temporaries(place.dir).filter((name) => !name.startsWith('.'))).toEqual([])
  })

  describe('a bundle that is not whole', () => {
    beforeAll(async () => {
      await done(place, ['export', 'd@1', 'd.varve'])
    })

    const damaged: readonly [string, (file: string) => void, RegExp][] = [
      ['cut in half', (file) => truncateSync(file, readFileSync(file).length / 2), /is no whole bundle/],
      ['of no bytes', (file) => truncateSync(file, 0), /is no whole bundle/],
      ['a text', (file) => writeFileSync(file, 'hello\n'), /is no whole bundle/],
      ['without its end', (file) => truncateSync(file, readFileSync(file).length - 1024), /no whole bundle/],
      ['with a flipped byte in a payload', (file) => flip(file, 'first\n'), /payload \S+ is damaged/],
      [
        'with a flipped byte in its description',
        (file) => flip(file, '"author"'),
        /does not describe a version|no whole bundle/,
      ],
    ]

    function flip(file: string, text: string): void {
      const bytes = readFileSync(file)
      const at = bytes.lastIndexOf(text)
      expect(at).toBeGreaterThan(0)
      bytes[at + 1]! ^= 0x15
      writeFileSync(file, bytes)
    }

    test.each(damaged)('%s: 12, and no dataset', async (what, damage, message) => {
      const file = place.path(`${what}.varve`)
      copyFileSync(place.path('d.varve'), file)
      damage(file)
      const lake = place.path(`lake of ${what}`)
      const env = { VARVE_LAKE: lake }
      await done(place, ['init', lake])
      await expectFailure(place, ['import', file], 'invalid-data', message, { env })
      expect(await json(place, ['datasets'], { env })).toEqual([])
      rmSync(lake, { recursive: true })
    })

    test('one that is not there', async () => {
      await expectFailure(place, ['import', 'none.varve'], 'not-found', /none\.varve does not exist/)
    })
  })
})

test('damage to an object, and one that is gone, is found and named', async () => {
  const other = new HostedWorkplace()
  await done(other, ['init', 'lake'])
  writeFileSync(other.path('x.txt'), 'the bytes that were\n')
  await done(other, ['add', 'x.txt', '--dataset', 'd'])
  const key = filesUnder(other.path('lake')).find((name) => name.startsWith('objects/'))!
  writeFileSync(other.path('lake', key), 'the bytes that ARE.\n')
  const full = ['verify', '--full']
  const report = { stdout: /"damaged": \[\n/ }
  await expectFailure(other, full, 'invalid-data', /^the lake: 1 object damaged$/, report)
  await expectFailure(other, ['get', 'd', 'out'], 'invalid-data', /damaged: its SHA-256/, {
    stdout: /"files": 0/,
  })
  expect(filesUnder(other.path('out'))).toEqual(['varve-manifest.json'])
  rmSync(other.path('lake', key))
  await expectFailure(other, ['verify'], 'invalid-data', /^the lake: 1 object damaged$/, report)
  await expectFailure(other, ['get', 'd', 'out2'], 'not-found', /does not exist/, { stdout: /"files": 0/ })
  // Taken out and added once more, the bytes are there again.
  await done(other, ['rm', 'd', 'x.txt'])
  await done(other, ['add', 'x.txt', '--dataset', 'd'])
  expect(await json(other, full)).toMatchObject({ damaged: [] })
  other.remove()
})
