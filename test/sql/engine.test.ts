import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VarveError } from '../../src/errors.ts'
import { readsTable } from '../engine/fake-scan.ts'
import { testSession } from '../engine/sessions.ts'
import { parseTestFile } from './parse.ts'
import { DATA, hasData, readTestFile, runTestFile, testFiles } from './runner.ts'

const folder = join(import.meta.dirname, 'engine')

const TABLES = {
  'memory://reads.fastq': readsTable(1000),
  'memory://lab/sample_1.fastq.gz': readsTable(10),
  's3://lab/sheet.csv': {
    columns: [
      { name: 'sample', type: { kind: 'utf8' } },
      { name: 'depth', type: { kind: 'int64' } },
    ],
    rows: [
      ['a', 30n],
      ['b', null],
    ],
    zones: ['depth'],
  },
  'memory://broken.fastq': readsTable(5000, {
    fail: {
      batch: 1,
      error: new VarveError('invalid-data', 'fastq: line 4 of record 2048 starts with "@", expected "+"'),
    },
  }),
} as const

describe('DuckDB-side behaviour, as sqllogictest files', () => {
  it.each(testFiles(folder).map((path) => [relative(folder, path), path]))('%s', async (_, path) => {
    expect(readTestFile(path!).header.group).toBe('[engine]')
    const temporary = mkdtempSync(join(tmpdir(), 'varve-sql-'))
    const { session } = testSession(TABLES)
    try {
      const missing = await runTestFile(path!, {
        session,
        variables: { TMP: temporary, DATA },
        provides: { data: hasData() },
      })
      if (missing !== undefined) process.stderr.write(`${path}: skipped, it needs "${missing}"\n`)
    } finally {
      await session.close()
      rmSync(temporary, { recursive: true })
    }
  })
})

describe('the runner', () => {
  const header = '# name: x.test\n# description: d\n# group: [g]\n\n'

  it('reads records, comments and sorts', () => {
    const file = parseTestFile(
      `${header}require data\n\nstatement ok\nselect 1\n\n# c\nquery IT rowsort\nselect\n1\n----\n1\ta\n\nstatement error\nx\n----\nbad\n`,
      'a/x.test',
    )
    expect(file.steps).toEqual([
      { kind: 'require', line: 5, what: 'data' },
      { kind: 'ok', line: 7, sql: 'select 1' },
      { kind: 'query', line: 11, sql: 'select\n1', types: 'IT', sort: 'rowsort', expected: ['1\ta'] },
      { kind: 'error', line: 17, sql: 'x', expected: 'bad' },
    ])
  })

  it.each([
    ['statement maybe\nx', /5: unknown record/],
    ['statement ok', /has no SQL/],
    ['statement error\nx', /does not say which/],
    ['query IX\nx\n----\n', /unknown record/],
    ['query I sorted\nx\n----\n', /unknown sort/],
    ['query I\nx', /no result/],
  ])('refuses %j', (text, message) => {
    expect(() => parseTestFile(header + text, 'x.test')).toThrow(
      message.source.startsWith('5') ? /unknown record/ : message,
    )
  })

  it('wants a header that names the file', () => {
    expect(() => parseTestFile('# description: d\n', 'x.test')).toThrow(/# name: /)
    expect(() => parseTestFile(header, 'y.test')).toThrow(/the header says/)
  })

  it('notices wrong rows, wrong widths, missing errors and missing variables', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'varve-sql-'))
    const { writeFileSync } = await import('node:fs')
    const { session } = testSession({})
    const path = join(temporary, 'x.test')
    const run = async (text: string): Promise<unknown> => {
      writeFileSync(path, header + text)
      return runTestFile(path, { session, variables: { A: '1' }, provides: { yes: true } }).catch(
        (error: Error) => error.message,
      )
    }
    try {
      expect(await run(`query I\nselect ${'$'}{A}\n----\n1\n`)).toBe(undefined)
      expect(await run('query R\nselect 0.1::double + 0.2\n----\n0.3\n')).toBe(undefined)
      expect(await run('query I\nselect 2\n----\n1\n')).toMatch(/x\.test:5: got\n {2}2\nexpected\n {2}1/)
      expect(await run('query I\nselect 2\n----\n2\n2\n')).toMatch(/expected/)
      expect(await run('query II\nselect 2\n----\n2\n')).toMatch(/got 1 columns, expected 2/)
      expect(await run('statement error\nselect 2\n----\nx\n')).toMatch(/it succeeded/)
      expect(await run('statement error\nselekt\n----\nnot this\n')).toMatch(/got the error\ninvalid-input: /)
      expect(await run('statement ok\nselekt\n')).toMatch(/syntax error/)
      expect(await run(`statement ok\nselect ${'$'}{B}\n`)).toMatch(/no variable \$\{B\}/)
      const ci = process.env.CI
      delete process.env.CI
      expect(await run('require yes\n\nrequire no\n\nstatement ok\nselekt\n')).toBe('no')
      process.env.CI = 'true'
      expect(await run('require no\n')).toMatch(/needs "no"/)
      if (ci === undefined) delete process.env.CI
      else process.env.CI = ci
    } finally {
      await session.close()
      rmSync(temporary, { recursive: true })
    }
  })
})
