/** What each command line of the lake asks of the library, and which ones it refuses. */

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keysAndOperands } from '../../src/cli/key-words.ts'
import { UsageError } from '../../src/cli/report.ts'
import { CODES, type ErrorCode, VarveError } from '../../src/errors.ts'
import { cli } from './fakes.ts'

const words = (line: string): string[] => line.split(' ')

describe('command lines and what they ask', () => {
  test.each<[string, string, ...unknown[]]>([
    ['datasets', 'datasets', {}],
    ['versions reads', 'versions', 'reads', {}],
    ['log reads', 'versions', 'reads', {}],
    ['diff reads@1 reads', 'diff', 'reads@1', 'reads', 'files', {}],
    ['label reads@3 run1', 'label', 'reads@3', 'run1', {}],
    ['tag reads@latest good', 'tag', 'reads@latest', 'good', {}],
    ['untag reads good', 'untag', 'reads', 'good', {}],
    ['delete reads@1', 'delete', 'reads@1', {}],
    ['gc', 'gc', { dryRun: false }],
    ['gc --dry-run --grace 7d', 'gc', { dryRun: true, graceSeconds: 604800 }],
    ['gc --grace 0', 'gc', { dryRun: false, graceSeconds: 0 }],
    ['gc --grace 90', 'gc', { dryRun: false, graceSeconds: 90 }],
    ['gc --grace 30s', 'gc', { dryRun: false, graceSeconds: 30 }],
    ['gc --grace 15m', 'gc', { dryRun: false, graceSeconds: 900 }],
    ['gc --grace=12h', 'gc', { dryRun: false, graceSeconds: 43200 }],
    ['gc --grace 2W', 'gc', { dryRun: false, graceSeconds: 1209600 }],
    ['verify', 'verify', undefined, { full: false }],
    ['verify reads@3 --full', 'verify', 'reads@3', { full: true }],
    ['add a b --dataset reads', 'add', ['a', 'b'], { dataset: 'reads' }],
    [
      'add s3://b/x/ --dataset reads --prefix raw --in-place --pattern {a}/{b:int}.{ext} --label L --message M ' +
        '--on-conflict skip --author Ada --heads --tier raw --derived-from x,y --derived-from z --transfers 4',
      'add',
      ['s3://b/x/'],
      {
        dataset: 'reads',
        prefix: 'raw',
        inPlace: true,
        pattern: '{a}/{b:int}.{ext}',
        label: 'L',
        message: 'M',
        onConflict: 'skip',
        author: 'Ada',
        heads: true,
        tier: 'raw',
        derivedFrom: ['x,y', 'z'],
        transfers: 4,
      },
    ],
    ['add a --dataset reads --no-heads -m M', 'add', ['a'], { dataset: 'reads', heads: false, message: 'M' }],
    ['rm reads a b/ --label L', 'remove', 'reads', ['a', 'b/'], { label: 'L' }],
    ['mv reads a b --message M', 'move', 'reads', 'a', 'b', { message: 'M' }],
    ['alias reads base raw/a', 'alias', 'reads', 'base', 'raw/a', {}],
    ['table write reads t f.csv', 'writeTable', 'reads', 't', { file: 'f.csv' }, {}],
    ['table write reads t - --mode upsert', 'writeTable', 'reads', 't', { file: '-' }, { mode: 'upsert' }],
    [
      'table write reads t f.csv --key a --key b',
      'writeTable',
      'reads',
      't',
      { file: 'f.csv' },
      { key: ['a', 'b'] },
    ],
    [
      'table write reads t f.csv --key a,b',
      'writeTable',
      'reads',
      't',
      { file: 'f.csv' },
      { key: ['a', 'b'] },
    ],
    [
      'table write reads t f.csv --key a b',
      'writeTable',
      'reads',
      't',
      { file: 'f.csv' },
      { key: ['a', 'b'] },
    ],
    [
      'table write --key a b -- reads t f.csv',
      'writeTable',
      'reads',
      't',
      { file: 'f.csv' },
      { key: ['a', 'b'] },
    ],
    ['table write --key a b reads t -', 'writeTable', 'reads', 't', { file: '-' }, { key: ['a', 'b'] }],
    ['table write --key=a reads t -', 'writeTable', 'reads', 't', { file: '-' }, { key: ['a'] }],
    [
      '--lake table table --json write reads --key a --label table t -',
      'writeTable',
      'reads',
      't',
      { file: '-' },
      { key: ['a'], label: 'table' },
    ],
    [
      'table write reads t --query from_x --param n=1 --key a b',
      'writeTable',
      'reads',
      't',
      { query: 'from_x', params: { n: 1 } },
      { key: ['a', 'b'] },
    ],
    ['table list reads@2', 'tables', 'reads@2', {}],
    ['files reads', 'files', 'reads', {}],
    ['files reads --limit 0', 'files', 'reads', { limit: 0 }],
    [
      'files reads@2 --where bytes>$n --param n=5 --columns path,bytes --columns tier --after C --limit 7',
      'files',
      'reads@2',
      { where: 'bytes>$n', params: { n: 5 }, columns: ['path', 'bytes', 'tier'], after: 'C', limit: 7 },
    ],
    [
      `files reads --filter a=1 --filter b=007 --filter c=null --filter d=x=y --filter e=["p",2] --filter f={"gte":5,"exists":true} --filter g=O'Connor --filter h="null" --filter i={x} --filter j=`,
      'files',
      'reads',
      {
        filter: {
          a: '1',
          b: '007',
          c: null,
          d: 'x=y',
          e: ['p', '2'],
          f: { gte: '5', exists: true },
          g: "O'Connor",
          h: 'null',
          i: '{x}',
          j: '',
        },
      },
    ],
    [
      'get reads@2 out --where a --filter b= --limit 0 --transfers 2',
      'get',
      'reads@2',
      'out',
      { where: 'a', filter: { b: '' }, limit: 0, transfers: 2 },
    ],
    [
      'export reads@3 f --policy metadata_only --plan',
      'export',
      'reads@3',
      'f',
      { policy: 'metadata_only', plan: true },
    ],
    ['export reads@3 f', 'export', 'reads@3', 'f', { plan: false }],
    [
      'import f --plan --as other --policy copy_if_missing',
      'import',
      'f',
      { plan: true, as: 'other', policy: 'copy_if_missing' },
    ],
    ['publish reads@3 dir', 'publish', 'reads@3', 'dir', {}],
    ['attach s3://b/p --name study', 'attach', 's3://b/p', { name: 'study' }],
    ['offline reads f.duckdb', 'offline', 'reads', 'f.duckdb', {}],
    ['summary reads', 'summary', 'reads', [], {}],
    ['fork reads@3 new', 'fork', 'reads@3', 'new', {}],
    ['restore reads@3', 'restore', 'reads@3', {}],
    ['merge new@2 reads -m M', 'merge', 'new@2', 'reads', { message: 'M' }],
    ['merge new reads --duplicates ours', 'merge', 'new', 'reads', { duplicates: 'ours' }],
    ['stores', 'stores', {}],
    ['store raw s3://b/raw/', 'nameStore', 'raw', 's3://b/raw/', {}],
  ])('%s', async (line, verb, ...args) => {
    const ran = await cli(words(line))
    expect(ran).toMatchObject({ code: 0, asked: { closed: 1 } })
    expect(ran.asked.called).toEqual([{ verb, args }])
  })

  test('the types of both versions are asked for with the diff of a table', async () => {
    const { asked } = await cli(words('diff reads@1 reads@2 --table visits'))
    expect(asked.called).toEqual([
      { verb: 'diff', args: ['reads@1', 'reads@2', 'visits', {}] },
      { verb: 'tables', args: ['reads@1', {}] },
      { verb: 'tables', args: ['reads@2', {}] },
    ])
  })

  test('the columns of groups are asked for with the summary', async () => {
    const { asked } = await cli(words('summary reads --by day,path --by tier'))
    expect(asked.called).toEqual([
      { verb: 'summary', args: ['reads', ['day', 'path', 'tier'], {}] },
      { verb: 'tables', args: ['reads', {}] },
    ])
  })

  test('a JSON Schema is read from its file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'varve-cli-'))
    const file = join(dir, 'schema.json')
    await writeFile(file, '{"type":"object"}')
    const { asked } = await cli(['table', 'write', 'reads', 't', 'f.csv', '--schema', file])
    expect(asked.called[0]?.args.at(-1)).toEqual({ schema: { type: 'object' } })
    for (const [text, code] of [
      ['{', 11],
      ['[]', 11],
      ['3', 11],
    ] as const) {
      await writeFile(file, text)
      const ran = await cli(['table', 'write', 'reads', 't', 'f.csv', '--schema', file])
      expect(ran, text).toMatchObject({ code, asked: { called: [] } })
      expect(ran.stderr).toContain('expected a JSON Schema')
    }
    expect((await cli(['table', 'write', 'reads', 't', 'f', '--schema', join(dir, 'no')])).code).toBe(10)
    expect((await cli(['table', 'write', 'reads', 't', 'f', '--schema', dir])).code).toBe(11)
  })
})

const COMMANDS = [
  'init l',
  'datasets',
  'versions d',
  'log d',
  'diff a b',
  'label d@1 x',
  'tag d@1 x',
  'untag d x',
  'delete d@1',
  'gc',
  'verify',
  'stores',
  'store n u',
  'add p --dataset d',
  'rm d p',
  'mv d a b',
  'alias d n p',
  'table write d t f',
  'table list d',
  'files d',
  'get d out',
  'summary d',
  'export d f',
  'import f',
  'publish d out',
  'attach u',
  'offline d f',
  'fork d e',
  'merge d e',
]

describe('every command', () => {
  test.each(COMMANDS)('%s: help, unknown option, too much, format', async (line) => {
    const name = line.startsWith('table') ? words(line).slice(0, 2) : words(line).slice(0, 1)
    const help = await cli([...name, '--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(new RegExp(`Examples:\n  .*varve ${name.join(' ')}`))
    for (const option of ['--lake', '--json', '--quiet', '--jobs', '--format'])
      expect(help.stdout).toContain(option)
    const refused = [
      [...words(line), '--nope'],
      ...(line.startsWith('add') || line.startsWith('rm') ? [] : [[...words(line), 'x', 'y']]),
    ]
    for (const argv of refused)
      expect(await cli(argv), argv.join(' ')).toMatchObject({ code: 2, stdout: '', asked: { called: [] } })
    const xml = await cli([...words(line), '--format', 'xml'])
    expect(xml).toMatchObject({ code: 11, stdout: '', asked: { called: [] } })
    expect(xml.stderr).toMatch(/^varve: --format is "xml", expected .*jsonl\n$/)
  })

  test.each(COMMANDS)('%s --json is one document, --format jsonl has one per line', async (line) => {
    const json = await cli([...words(line), '--json'])
    expect(json).toMatchObject({ code: 0, stderr: '' })
    expect(typeof JSON.parse(json.stdout)).toBe('object')
    const { code, stdout } = await cli([...words(line), '--format', 'jsonl'])
    expect(code).toBe(0)
    for (const one of stdout.trimEnd().split('\n')) expect(Array.isArray(JSON.parse(one))).toBe(false)
  })

  test.each(Object.keys(CODES) as ErrorCode[])('%s from the lake ends with its code', async (code) => {
    const fail = async (): Promise<never> => {
      throw new VarveError(code, 'no', { a: 1 })
    }
    for (const [argv, lake] of [
      [['datasets', '--json'], { datasets: fail }],
      [['add', 'p', '--dataset', 'd', '--json'], { add: fail }],
      [['log', 'd', '--json'], { versions: fail }],
    ] as const) {
      const ran = await cli(argv, { lake })
      expect(ran).toMatchObject({ code: CODES[code].exit, stdout: '', asked: { closed: 1 } })
      expect(JSON.parse(ran.stderr)).toEqual({ code, message: 'no', details: { a: 1 } })
    }
  })

  test('Ctrl-C reaches the lake: 130', async () => {
    const ran = await cli(['verify'], {
      interrupt: (press) => setTimeout(press, 20),
      lake: {
        verify: (_what, { signal } = {}) =>
          new Promise((_, reject) =>
            signal?.addEventListener('abort', () => reject(new VarveError('aborted', 'cancelled'))),
          ),
      },
    })
    expect(ran).toMatchObject({ code: 130, stdout: '', stderr: '', asked: { closed: 1 } })
  })
})

describe('refused before anything is done', () => {
  test.each([
    'versions',
    'diff reads@1',
    'label reads@1',
    'untag reads',
    'delete',
    'gc --grace soon',
    'gc --grace 7y',
    'gc --grace 1.2.3d',
    'gc --grace',
    'add p',
    'add --dataset d',
    'add p --dataset d --transfers many',
    'rm d',
    'mv d a',
    'table',
    'table nope',
    'table write d t',
    'table write d',
    'table write d t --key f',
    'table write d t f g',
    'table write d t f --query q',
    'table write d t f --param a=1',
    'table write d t f --key',
    'table write d t f --key a,,b',
    'table write d t f --key a b,',
    'summary d --by ,',
    'files',
    'files d --limit many',
    'files d --filter a',
    'files d --filter =1',
    'files d --columns a,,b',
    'files d --param a=1',
    'get d',
    'export d@1',
    'attach',
    'merge a',
    'store n',
  ])('%s cannot be parsed: 2', async (line) => {
    const ran = await cli(words(line))
    expect(ran).toMatchObject({ code: 2, stdout: '', asked: { called: [] } })
    expect(ran.stderr).not.toBe('')
  })

  test.each([
    'gc --grace -1d',
    'add p --dataset d --on-conflict nope',
    'add p --dataset d --transfers 0',
    'table write d t f --mode nope',
    'files d --limit -1',
    'files d --limit 1.5',
    'files d --limit Infinity',
    'files d --filter a=1 --filter a=2',
    'merge a b --duplicates nope',
    'get d out --limit -1',
    'get d out --transfers 0',
    'export d@1 f --policy nope',
    'import f --policy nope',
    'datasets --format parquet',
    'gc --format csv',
  ])('%s parses but cannot be: 11', async (line) => {
    const ran = await cli(words(line))
    expect(ran).toMatchObject({ code: 11, stdout: '', asked: { called: [] } })
    expect(ran.stderr).toMatch(/^varve: .+\n$/)
    const json = await cli([...words(line), '--json'])
    expect(JSON.parse(json.stderr)).toMatchObject({ code: 'invalid-input' })
  })

  test('a group without its command shows its help on stderr', async () => {
    const { stderr } = await cli(['table'])
    expect(stderr).toContain('Usage: varve table ')
    expect(stderr).toContain("write a table's rows")
  })
})

describe('keys among operands', () => {
  const OPTIONS = [
    { short: undefined, long: '--key', required: true },
    { short: '-m', long: '--message', required: true },
    { short: undefined, long: '--json', required: false },
  ] as unknown as Parameters<typeof keysAndOperands>[1]
  const word = fc.constantFrom('a', 'b', 'reads', '-', 'x y', 'key')
  const needed = ['dataset', 'table', 'file']

  test('one list behind one --key, anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.tuple(word, word, word),
        fc.nat(3),
        fc.constantFrom('', 'before', 'after'),
        (keys, operands, at, message) => {
          const other = ['-m', 'a b', '--json']
          const list = ['--key', ...keys]
          const argv = [
            ...operands.slice(0, at),
            ...(message === 'before' ? other : []),
            ...list,
            ...(message === 'after' ? other : []),
            ...operands.slice(at),
          ]
          expect(keysAndOperands(argv, OPTIONS, needed)).toEqual({ keys, operands })
        },
      ),
    )
  })

  test('a --key per key, or commas, anywhere', () => {
    const token = fc.oneof(
      fc.tuple(word, word).map(([a, b]) => ({ argv: ['--key', `${a},${b}`], keys: [a, b] })),
      word.map((key) => ({ argv: ['--key', key], keys: [key] })),
      word.map((key) => ({ argv: [`--key=${key}`], keys: [key] })),
      fc.constant({ argv: ['-m', 'text'], keys: [] }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.array(token, { maxLength: 2 }), { minLength: 4, maxLength: 4 }),
        fc.tuple(word, word, word),
        (runs, operands) => {
          const argv = runs.flatMap((run, i) => [
            ...run.flatMap((one) => one.argv),
            ...(i < 3 ? [operands[i]!] : []),
          ])
          const keys = runs.flatMap((run) => run.flatMap((one) => one.keys))
          expect(keysAndOperands(argv, OPTIONS, needed)).toEqual({ keys, operands })
        },
      ),
    )
  })

  test('too few and too many are told apart', () => {
    expect(() => keysAndOperands(['d', '--key', 'a'], OPTIONS, needed)).toThrow(
      new UsageError("missing argument 'table'"),
    )
    expect(() => keysAndOperands(['d', 't', 'f', 'g', '--key', 'a'], OPTIONS, needed)).toThrow(/too many/)
  })
})
