import { mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES, type ErrorCode } from '../../src/errors.ts'
import { cli } from './fakes.ts'

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'varve-cli-'))

describe('exit codes', () => {
  test.each(Object.entries(CODES))('%s ends with its own', async (code, { exit }) => {
    const ran = await cli(['sql', '-c', `fail ${code}`])
    expect(ran).toMatchObject({ code: exit, stdout: '', stderr: `varve: ${code}: the statement failed\n` })
    expect(ran.asked.closed).toBe(1)
  })

  test.each(Object.entries(CODES))(
    '%s is one JSON object where JSON is asked for',
    async (code, { exit }) => {
      for (const flags of [['--json'], ['--format', 'json'], ['--format=jsonl']]) {
        const ran = await cli(['sql', '-c', `fail ${code}`, ...flags])
        expect(ran.code).toBe(exit)
        expect(ran.stderr.endsWith('}\n')).toBe(true)
        expect(JSON.parse(ran.stderr)).toEqual({
          code,
          message: `${code}: the statement failed`,
          details: { sql: `fail ${code}` },
        })
      }
    },
  )

  test.each([
    [['slices', 'x', '-n', 'abc']],
    [['slices', 'x', '-n', '']],
    [['slices', 'x', '--bytes', '5 parsecs']],
    [['slices', 'x', '-n']],
    [['slices']],
    [['slices', 'x', 'y']],
    [['slices', 'x', '-n', '2', '--rows', '3']],
    [['slices', 'x', '--arg', 'a=1']],
    [['slices', 'x', '--by', 'grid', '--arg', 'a']],
    [['sql', '--nope']],
    [['sql', '-c', 'select 1', 'file.sql']],
    [['sql', '--param', 'x']],
    [['sql', '-o', 'x.csv']],
    [['index']],
    [['info']],
    [['init']],
    [['cat']],
    [['nope']],
    [['--jobs', 'many', 'formats']],
    [[]],
  ])('%j cannot be parsed: 2', async (argv) => {
    const ran = await cli(argv)
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).not.toBe('')
    const json = await cli([...argv, '--json'])
    if (argv.length > 0) {
      expect(json.code).toBe(2)
      expect(JSON.parse(json.stderr)).toMatchObject({ code: 'invalid-input', details: {} })
    }
  })

  test.each([
    [['slices', 'x', '-n', '0']],
    [['slices', 'x', '-n', '-3']],
    [['slices', 'x', '-n', '1.5']],
    [['slices', 'x', '--rows', '0']],
    [['slices', 'x', '--bytes', '0']],
    [['index', 'x', '--jobs', '0']],
    [['sql', '-c', 'select 1', '--format', 'xml']],
    [['sql', '-c', 'select 1', '--param', 'x=1']],
    [['cat', 'no json']],
    [['sql', '-c', '.nope']],
    [['sql', '-c', '.timer maybe']],
  ])('%j parses but cannot be: 11', async (argv) => {
    const ran = await cli(argv)
    expect(ran.code).toBe(11)
    expect(ran.stderr).toMatch(/^varve: .+\n$/)
  })

  test('a missing file of statements is 10', async () => {
    expect(await cli(['sql', '/nowhere/x.sql'])).toMatchObject({ code: 10 })
    expect(await cli(['sql', '/'])).toMatchObject({ code: 11 })
  })

  test('help and version are 0 and on stdout', async () => {
    for (const argv of [['--help'], ['help'], ['--version'], ['help', 'sql']]) {
      const ran = await cli(argv)
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).not.toBe('')
    }
  })

  test.each(['sql', 'index', 'slices', 'cat', 'info', 'formats', 'init', 'demo'])(
    '%s --help has examples',
    async (name) => {
      const { code, stdout } = await cli([name, '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples:\n  varve ${name}|Examples:\n  .*varve ${name}`))
      for (const option of ['--lake', '--json', '--quiet', '--jobs']) expect(stdout).toContain(option)
    },
  )
})

describe('Ctrl-C', () => {
  test('stops the statement, says nothing and ends with 130', async () => {
    const ran = await cli(['sql', '-c', 'wait'], { interrupt: (press) => setTimeout(press, 20) })
    expect(ran).toMatchObject({ code: 130, stdout: '', stderr: '' })
    expect(ran.asked.closed).toBe(1)
  })

  test('leaves no half-written file', async () => {
    const dir = await folder()
    const ran = await cli(['sql', '-c', 'rows 5; wait', '-o', join(dir, 'x.csv')], {
      interrupt: (press) => setTimeout(press, 20),
    })
    expect(ran.code).toBe(130)
    expect(await readdir(dir)).toEqual([])
  })
})

describe('sql', () => {
  test('reads -c, a file and standard input', async () => {
    const file = join(await folder(), 'x.sql')
    await writeFile(file, 'select 42;\n')
    const expected = '[{"n":42}]\n'
    expect((await cli(['sql', '-c', 'select 42', '--json'])).stdout).toBe(expected)
    expect((await cli(['sql', file, '--format', 'json'])).stdout).toBe(expected)
    expect((await cli(['sql', '-', '--format', 'json'], { stdin: 'select 42' })).stdout).toBe(expected)
    expect((await cli(['sql', '--format', 'json'], { stdin: 'select 42' })).stdout).toBe(expected)
  })

  test('tables are drawn one below the other, other formats hold the last result and say so', async () => {
    const table = await cli(['sql', '-c', 'select 1; select 2'])
    expect(table.stdout.match(/┌/g)).toHaveLength(2)
    const csv = await cli(['sql', '-c', 'select 1; select 2', '--format', 'csv'])
    expect(csv.stdout).toBe('n\n2\n')
    expect(csv.stderr).toContain('1 row of an earlier statement left out')
    expect((await cli(['sql', '-c', 'select 1; select 2', '--format', 'csv', '--quiet'])).stderr).toBe('')
  })

  test('json is a document also when there are no rows', async () => {
    for (const sql of ['', 'create', 'change 5', 'rows 0'])
      expect((await cli(['sql', '-c', sql, '--json'])).stdout, sql).toBe('[]\n')
  })

  test('the first error ends a script', async () => {
    const ran = await cli(['sql', '-c', 'select 1; fail denied; select 3'])
    expect(ran.code).toBe(16)
    expect(ran.asked.statements.map(({ sql }) => sql)).toEqual(['select 1;', 'fail denied;'])
    expect(ran.stdout.match(/┌/g)).toHaveLength(1)
  })

  test('parameters are typed and go to the statements that name them', async () => {
    const { asked, code } = await cli([
      'sql',
      '-c',
      "select 1 where $a; select 2 where $b = '$a'",
      ...['a=12', 'b=x=y', 'c="12"', 'd=null', 'e=1.5', 'f=true', 'g=9007199254740993', 'h=007'].flatMap(
        (pair) => ['--param', pair],
      ),
      '--quiet',
    ])
    expect(code).toBe(11)
    expect(asked.statements).toEqual([])
    const fine = await cli([
      'sql',
      '-c',
      'select $a,$b,$c,$d,$e,$f,$g,$h; select 1; select $a',
      '--param',
      'a=12',
      '--param',
      'b=x=y',
      '--param',
      'c="12"',
      '--param',
      'd=null',
      '--param',
      'e=1.5',
      '--param',
      'f=true',
      '--param',
      'g=9007199254740993',
      '--param',
      'h=007',
    ])
    expect(fine.asked.statements.map(({ options }) => options.params)).toEqual([
      { a: 12, b: 'x=y', c: '12', d: null, e: 1.5, f: true, g: 9007199254740993n, h: '007' },
      undefined,
      { a: 12 },
    ])
  })

  test('a parameter that is a JSON object is its text, in a list too: slices go to read_slice($s) as they are', async () => {
    const slice = '{"v":1, "first":true,"run":{"window":null,"checks":[{"crc":1},2]}}\n'
    const sql = [
      'sql',
      '-c',
      'select $s, $all',
      '--param',
      `s=${slice}`,
      '--param',
      `all=[${slice},null,["x"]]`,
    ]
    const { asked } = await cli(sql)
    const text = JSON.stringify(JSON.parse(slice))
    expect(asked.statements[0]?.options.params).toEqual({ s: slice, all: [text, null, ['x']] })
  })

  test('--no-pushdown reaches the session', async () => {
    expect((await cli(['sql', '-c', 'select 1'])).asked.statements[0]?.options.pushdown).toBe(true)
    expect(
      (await cli(['sql', '-c', 'select 1', '--no-pushdown'])).asked.statements[0]?.options.pushdown,
    ).toBe(false)
  })

  test('--timing prints a line per statement', async () => {
    const { stderr } = await cli(['sql', '-c', 'rows 250; create', '--timing'])
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    const [first, second] = lines.map(
      (line) => JSON.parse(line.replace(/^varve-timing /, '')) as Record<string, unknown>,
    )
    expect(Object.keys(first!)).toEqual(['rows', 'ms', 'first_row_ms', 'requests', 'bytes'])
    expect(first).toMatchObject({ rows: 250, requests: 2, bytes: 200 })
    expect(second).toMatchObject({ rows: 0, first_row_ms: null })
  })

  test('binary formats are kept off a terminal', async () => {
    for (const format of ['arrow', 'parquet']) {
      expect(await cli(['sql', '-c', 'select 1', '--format', format], { tty: true })).toMatchObject({
        code: 11,
      })
      expect(await cli(['sql', '-c', 'select 1', '--format', format])).toMatchObject({ code: 0 })
    }
  })

  test('dot commands work in scripts, .read included', async () => {
    const file = join(await folder(), 'x.sql')
    await writeFile(file, '.mode jsonl\nselect 7;\n')
    const ran = await cli(['sql'], { stdin: `.mode csv\nselect 1;\n.read ${file}\n.quit\nselect 9;` })
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('{"n":7}\n')
    expect(ran.asked.statements.map(({ sql }) => sql)).toEqual(['select 1;', 'select 7;'])
  })
})

describe('sql -o', () => {
  test.each([
    ['x.csv', 'n\n5\n'],
    ['x.json', '[{"n":5}]\n'],
    ['x.jsonl', '{"n":5}\n'],
    ['x.parquet', 'PAR1'],
  ])('%s takes its format from its name', async (name, expected) => {
    const dir = await folder()
    const ran = await cli(['sql', '-c', 'select 5', '-o', join(dir, name)])
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await readFile(join(dir, name), 'utf8')).toBe(expected)
    expect(await readdir(dir)).toEqual([name])
  })

  test('a failure leaves the file as it was', async () => {
    const dir = await folder()
    const path = join(dir, 'x.csv')
    await writeFile(path, 'before')
    expect(await cli(['sql', '-c', 'late invalid-data', '-o', path])).toMatchObject({ code: 12 })
    expect(await readFile(path, 'utf8')).toBe('before')
    expect(await readdir(dir)).toEqual(['x.csv'])
  })

  test('a link stays a link', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'real.csv'), 'before')
    await symlink('real.csv', join(dir, 'link.csv'))
    await cli(['sql', '-c', 'select 5', '-o', join(dir, 'link.csv')])
    expect(await readFile(join(dir, 'real.csv'), 'utf8')).toBe('n\n5\n')
  })

  test('a folder, and a folder that is not there, are said', async () => {
    const dir = await folder()
    expect(await cli(['sql', '-c', 'select 5', '-o', dir])).toMatchObject({ code: 11 })
    expect(await cli(['sql', '-c', 'select 5', '-o', join(dir, 'no', 'x.csv')])).toMatchObject({ code: 10 })
  })

  test('devices are written as they are', async () => {
    expect(await cli(['sql', '-c', 'select 5', '-o', '/dev/null'])).toMatchObject({ code: 0 })
  })
})

describe('slices and cat', () => {
  test.each([
    [[], { bytes: 67108864 }],
    [['-n', '200'], { n: 200 }],
    [['--rows', '1e3'], { rows: 1000 }],
    [['--bytes', '16MiB'], { bytes: 16777216 }],
    [['--by', 'grid', '--arg', 'n=4', '--arg', 'm=a=b'], { by: 'grid', args: { n: '4', m: 'a=b' } }],
  ])('%j asks for %j', async (argv, strategy) => {
    expect((await cli(['slices', 'f', ...argv])).asked.strategies).toEqual([strategy])
  })

  test('one slice per line, or one array', async () => {
    const lines = '{"v":1,"uri":"f","i":0}\n{"v":1,"uri":"f","i":1}\n'
    expect((await cli(['slices', 'f'])).stdout).toBe(lines)
    expect((await cli(['slices', 'f', '--format', 'jsonl'])).stdout).toBe(lines)
    expect((await cli(['slices', 'f', '--json'])).stdout).toBe(
      '[{"v":1,"uri":"f","i":0},{"v":1,"uri":"f","i":1}]\n',
    )
  })

  test('cat reads what slices prints, in both shapes', async () => {
    for (const argv of [[], ['--json']]) {
      const { stdout } = await cli(['slices', 'f', ...argv])
      expect((await cli(['cat', '-'], { stdin: stdout })).stdout).toBe('slice 0\nslice 1\n')
    }
    expect((await cli(['cat', '{"i":7}'])).stdout).toBe('slice 7\n')
  })

  test('--header asks for one header, before the first slice', async () => {
    const ran = await cli(['cat', '-', '--header'], { stdin: '{"i":1}\n\n{"i":2}\n' })
    expect(ran.stdout).toBe('header\nslice 1\nslice 2\n')
    expect(ran.asked.headers).toEqual([true, false])
  })
})

describe('index', () => {
  test('says what was done, expands patterns and asks for no file twice', async () => {
    const ran = await cli(['index', 'a', 'b*', 'a', '--force'])
    expect(ran.asked.indexed).toEqual(['a', 'b1', 'b2'].map((uri) => ({ uri, force: true })))
    expect(ran.stdout.split('\n')[0]).toBe('built  a  lines: 1,000 rows in 3 segments, index 2.00 KiB, 1.5 s')
  })

  test('some failures are 3, and the rest is done', async () => {
    const argv = ['index', 'a', 'broken-denied', 'missing*', 'b']
    const ran = await cli(argv)
    expect(ran.code).toBe(3)
    expect(ran.asked.indexed.map(({ uri }) => uri)).toEqual(['a', 'b'])
    expect(ran.stderr).toContain('varve: broken-denied is broken\n')
    expect(ran.stderr).toContain('varve: 2 of 4 files failed\n')
    const json = await cli([...argv, '--json'])
    const report = JSON.parse(json.stdout) as {
      indexes: { uri: string }[]
      failed: { uri: string; code: ErrorCode }[]
    }
    expect(report.indexes.map(({ uri }) => uri)).toEqual(['a', 'b'])
    expect(report.failed.map(({ uri, code }) => [uri, code])).toEqual([
      ['missing*', 'not-found'],
      ['broken-denied', 'denied'],
    ])
    expect(JSON.parse(json.stderr)).toMatchObject({ message: '2 of 4 files failed' })
  })

  test('a single file that fails is its own code', async () => {
    expect((await cli(['index', 'broken-denied'])).code).toBe(16)
    expect((await cli(['index', 'missing'])).code).toBe(10)
  })
})

describe('info, formats, init', () => {
  test('plain and JSON', async () => {
    expect((await cli(['info', 'f'])).stdout).toContain('format      lines, gzip\n')
    expect(JSON.parse((await cli(['info', 'f', '--json'])).stdout)).toMatchObject({ uri: 'f', segments: 3 })
    expect((await cli(['info', 'f', '--format', 'jsonl'])).stdout.trim().split('\n')).toHaveLength(1)
    expect((await cli(['formats'])).stdout).toContain('│ lines   │ read_lines ')
    expect(JSON.parse((await cli(['formats', '--json'])).stdout)).toMatchObject([{ name: 'lines' }])
    expect((await cli(['init', 'file:///l'])).stdout).toBe('made  file:///l  (id abc)\n')
    expect(JSON.parse((await cli(['init', 'file:///l', '--json'])).stdout)).toEqual({
      lake: 'file:///l',
      id: 'abc',
      created: true,
    })
  })
})
