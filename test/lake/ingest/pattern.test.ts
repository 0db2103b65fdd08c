import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { compilePattern } from '../../../src/lake/ingest/pattern.ts'
import { expectCode } from '../../contract/bytes.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { thrown } from '../thrown.ts'

type Matches = readonly (readonly [path: string, row: Record<string, unknown> | undefined])[]

const PATTERNS: readonly (readonly [pattern: string, matches: Matches])[] = [
  [
    '{sample}_R{read:int}.fastq.gz',
    [
      ['S1_R2.fastq.gz', { sample: 'S1', read: 2n }],
      ['S1_R1_R2.fastq.gz', { sample: 'S1_R1', read: 2n }],
      ['S1_R2.fastq', undefined],
      ['x/S1_R2.fastq.gz', undefined],
      ['S1_R.fastq.gz', undefined],
      ['_R1.fastq.gz', undefined],
      ['S1_R2xfastq.gz', undefined],
    ],
  ],
  ['{a}{n:int}', [['cam12', { a: 'cam', n: 12n }]]],
  ['{n:int}{a}', [['12abc', { n: 12n, a: 'abc' }]]],
  [
    '{*}{n:int}',
    [
      ['x-31', { n: -31n }],
      ['31', { n: 31n }],
      ['x', undefined],
    ],
  ],
  [
    '{n:int}',
    [
      ['000031', { n: 31n }],
      ['+7', { n: 7n }],
      ['9223372036854775807', { n: 9223372036854775807n }],
      ['-9223372036854775808', { n: -9223372036854775808n }],
      ['9223372036854775808', undefined],
      ['1.5', undefined],
      ['', undefined],
      ['1'.repeat(200), undefined],
    ],
  ],
  [
    '{f:float}.{rest}',
    [
      ['1.5.txt', { f: 1.5, rest: 'txt' }],
      ['15.txt', { f: 15, rest: 'txt' }],
      ['-2.5e-3.x', { f: -0.0025, rest: 'x' }],
      ['12.5', { f: 12, rest: '5' }],
      ['1e999.x', undefined],
    ],
  ],
  [
    'run_{day:date}{*}',
    [
      ['run_2026-11-01.csv', { day: 20758 }],
      ['run_20261101.csv', { day: 20758 }],
      ['run_2026_11_01_2', { day: 20758 }],
      ['run_1970-01-02', { day: 1 }],
      ['run_2026-02-30.csv', undefined],
      ['run_2026-1101', undefined],
    ],
  ],
  [
    '{good:bool}/{*}',
    [
      ['true/x', { good: true }],
      ['No/x', { good: false }],
      ['1/', { good: true }],
      ['maybe/x', undefined],
    ],
  ],
  [
    '{subject}/{subject}_{scan}',
    [
      ['s1/s1_T1', { subject: 's1', scan: 'T1' }],
      ['s1/s2_T1', undefined],
      ['a_b/a_b_c', { subject: 'a_b', scan: 'c' }],
    ],
  ],
  ['{a}{*}/{a}', [['abc/ab', { a: 'ab' }]]],
  [
    '{**}/{stem}.txt',
    [
      ['a.txt', { stem: 'a' }],
      ['x/y/a.txt', { stem: 'a' }],
      ['x/y.txt/a', undefined],
    ],
  ],
  [
    'data{**}.txt',
    [
      ['data.txt', {}],
      ['data/x/y.txt', {}],
      ['x/data.txt', undefined],
    ],
  ],
  ['x{**}/{n:int}', [['xy/z/4', { n: 4n }]]],
  [
    '{folder:path}/{n:int}.x',
    [
      ['a/b/4.x', { folder: 'a/b', n: 4n }],
      ['4.x', undefined],
    ],
  ],
  ['{{{a}}}', [['{x}', { a: 'x' }]]],
  [
    'a.b*c(d)[e]|$^{*}',
    [
      ['a.b*c(d)[e]|$^', {}],
      ['aXb*c(d)[e]|$^', undefined],
    ],
  ],
  ['{name}.{ext}', [['a.jpg', {}]]],
  ['größe-{größe:int}', [['größe-4'.normalize('NFD'), { größe: 4n }]]],
  ['{a}{b}', [['🧬x', { a: '🧬', b: 'x' }]]],
]

describe('patterns', () => {
  for (const [pattern, matches] of PATTERNS)
    test.each(matches)(`${pattern} on %s`, (path, row) => {
      expect(compilePattern(pattern).match(path)).toEqual(row)
    })

  it('have columns in their order, with types', () => {
    const { columns } = compilePattern('{a}/{d:date}/{f:float}/{b:bool}/{p:path}/{*}{a}-{n:int}.{ext}')
    expect(columns.map(({ name, type }) => [name, type.kind])).toEqual([
      ['a', 'utf8'],
      ['d', 'date'],
      ['f', 'float64'],
      ['b', 'bool'],
      ['p', 'utf8'],
      ['n', 'int64'],
    ])
  })

  test.each([
    ['', 'is empty'],
    ['/a', 'begins with "/"'],
    ['{a', '"{" at character 1'],
    ['x}y', '"}" at character 2'],
    ['{a{b}}', 'character 1'],
    ['{}', '"{}"'],
    ['{1a}', 'expected {name}'],
    ['{a b}', 'expected {name}'],
    ['{*:int}', 'expected {name}'],
    ['{a:integer}', 'none of text, path, int'],
    ['{a:}', 'none of text'],
    ['{a:constructor}', 'none of text'],
    ['x/{path}', '"path" is a column'],
    ['{SHA256}', '"sha256" is a column'],
    ['{dicom}', '"dicom" is a column'],
    ['{Ext}', '"ext" is a column'],
    ['{a}/{A}', 'does not tell it from "a"'],
    ['{a}/{a:int}', 'another type'],
    ['x'.repeat(1025), 'longer than 1024'],
  ])('cannot be %j: %s', async (pattern, problem) => {
    await expectCode(
      thrown(() => compilePattern(pattern)),
      'invalid-input',
      problem,
    )
  })

  it('match what they were filled with', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/)
    const number = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(
        word,
        word,
        number,
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-01-01') }),
        (a, b, n, date) => {
          const day = date.toISOString().slice(0, 10)
          const path = `${a}/${day}_${b}/${a}-${n}.tar.gz`
          expect(compilePattern('{a}/{d:date}_{b}/{a}-{n:int}.{ext}').match(path)).toEqual({
            a,
            b,
            n,
            d: Math.floor(date.getTime() / 86_400_000),
          })
        },
      ),
    )
  })

  it('agree with a regular expression where that is quick', () => {
    const piece = fc.constantFrom('{x}', '{*}', '{y}', '-', 'a', '/', '{**}', '{n:int}')
    const path = fc.array(fc.constantFrom('a', '-', '/', '1', 'b'), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), path, (pieces, letters) => {
        fc.pre(pieces[0] !== '/')
        // `{**}/` and names that come again have rules of their own.
        const pattern = pieces
          .map((p, i) =>
            p.length === 3 && p !== '{*}' ? `{${p[1]}${i}}` : p === '{n:int}' ? `{n${i}:int}` : p,
          )
          .join('')
        fc.pre(!pattern.includes('{**}/'))
        const regex = pieces
          .map((p) =>
            p === '{*}'
              ? '[^/]*'
              : p === '{**}'
                ? '.*'
                : p === '{n:int}'
                  ? '[+-]?[0-9]+'
                  : p.length === 3
                    ? '[^/]+'
                    : p,
          )
          .join('')
        const text = letters.join('')
        expect(compilePattern(pattern).match(text) !== undefined).toBe(new RegExp(`^${regex}$`).test(text))
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}.x', '-'.repeat(255)],
    ['{*}{*}{*}{*}{*}{*}{*}{*}{*}{*}x', 'a'.repeat(255)],
    ['{**}{**}{**}{**}{**}x', 'a/'.repeat(512)],
    ['{**}/{**}/{**}/{**}/{**}/x', 'a/'.repeat(512)],
    ['{a:int}{b:int}{c:int}{d:int}{e:int}{f:int}x', '1'.repeat(255)],
    ['{a:float}{b:float}{c:float}{d:float}x', '1e1.'.repeat(60)],
    ['{a}{b}{c}{a}{b}{c}x', 'a'.repeat(255)],
    ['{a:path}{b:path}{c:path}{a:path}{b:path}{c:path}x', 'a/'.repeat(512)],
  ])('%s gives up soon on a hostile path', (pattern, path) => {
    // Without a bound on its steps this would not end in our time.
    expect(compilePattern(pattern).match(path)).toBeUndefined()
  })

  it('give the 36 rows of the 4D-OR sample', () => {
    if (!hasData()) {
      if (process.env.CI) throw new Error(`the real files are missing: ${DATA}`)
      console.warn(`SKIPPED: no real files in ${DATA}`)
      return
    }
    const folder = join(DATA, '4dor/4dor-dataset')
    expect(existsSync(folder)).toBe(true)
    const pattern = compilePattern('{experiment}/{camera_id}/{image_type}/{*}-{frame_number:int}.{ext}')
    expect(pattern.columns.map(({ name }) => name)).toEqual([
      'experiment',
      'camera_id',
      'image_type',
      'frame_number',
    ])
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    const rows = paths.map((path) => pattern.match(path)).filter((row) => row !== undefined)
    expect(rows).toHaveLength(36)
    expect(new Set(rows.map((row) => row.image_type))).toEqual(new Set(['colorimage', 'depthimage']))
    for (const [i, row] of rows.entries())
      expect(paths[i]).toContain(`${row.experiment}/${row.camera_id}/${row.image_type}/`)
    expect(rows.every((row) => typeof row.frame_number === 'bigint')).toBe(true)
  })
})
