import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run.ts'
import { complete, completePath } from '../../../src/cli/shell/completion.ts'
import { type Asked, collector, fakeVerbs, nothingAsked } from '../fakes.ts'

interface Typed {
  readonly code: number
  readonly screen: string
  readonly errors: string
  readonly asked: Asked
  readonly history: string
}

const CTRL_C = '\x03'
const CTRL_D = '\x04'

/** Types keys into a shell, a pause after each; SIGTERM comes once it runs `terminateIn`. */
async function type(keys: readonly string[], terminateIn?: string): Promise<Typed> {
  const asked = nothingAsked()
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  const out = collector()
  const err = collector()
  const history = join(await mkdtemp(join(tmpdir(), 'varve-shell-')), 'deep', 'history')
  const io = {
    stdin,
    stdout: Object.assign(out.stream, { isTTY: true, columns: 80 }),
    stderr: err.stream,
    env: { VARVE_HISTORY: history },
  }
  const running = runCli(['sql'], io, () => fakeVerbs(asked), {
    on: ({ terminate }) => {
      const soon = setInterval(() => {
        if (asked.statements.some(({ sql }) => sql === terminateIn)) terminate()
      }, 5)
      return () => clearInterval(soon)
    },
  })
  for (const key of keys) {
    await new Promise((resolve) => setTimeout(resolve, 25))
    stdin.write(key)
  }
  const code = await running
  expect((await stat(history)).mode & 0o777).toBe(0o600)
  return { code, screen: out.text(), errors: err.text(), asked, history: await readFile(history, 'utf8') }
}

const statements = ({ asked }: Typed): string[] => asked.statements.map(({ sql }) => sql)

describe('shell', () => {
  test('runs statements over several lines, remembers each as one, and leaves at Ctrl-D', async () => {
    const typed = await type(['select\n', '42\n', ';\n', 'select 1; select 2;\n', CTRL_D])
    expect(typed.code).toBe(0)
    expect(statements(typed)).toEqual(['select\n42\n;', 'select 1;', 'select 2;'])
    expect(typed.screen).toContain('varve> ')
    expect(typed.screen).toContain('  ...> ')
    expect(typed.screen).toContain('│    42 │')
    expect(typed.history).toBe('select 42 ;\nselect 1; select 2;\n')
  })

  test('remembers a pasted statement as one, though its lines come before the first one is read', async () => {
    const typed = await type(['select 1;\nselect\n42\n;\nselect 2; select 3;\n', CTRL_D])
    expect(statements(typed)).toEqual(['select 1;', 'select\n42\n;', 'select 2;', 'select 3;'])
    expect(typed.history).toBe('select 1;\nselect 42 ;\nselect 2; select 3;\n')
  })

  test('a statement with strings is one entry too, unless a line ends inside one', async () => {
    const typed = await type(["select 'a'\n", "|| 'b';\n", "select 'c\n", "d';\n", '.quit\n'])
    expect(typed.history).toBe("select 'a' || 'b';\nselect 'c\nd';\n.quit\n")
  })

  test.each(['exit', 'quit', 'QUIT;'])(
    '%s leaves, help helps; inside a statement they are SQL',
    async (word) => {
      const typed = await type(['help\n', 'select\n', 'help\n', ';\n', `${word}\n`, 'select 9;\n'])
      expect(typed.code).toBe(0)
      expect(typed.screen).toContain('.timer on|off')
      expect(statements(typed)).toEqual(['select\nhelp\n;'])
    },
  )

  test('errors do not end it', async () => {
    const typed = await type(['fail invalid-input;\n', '.nope\n', 'select 3;\n', '.quit\n'])
    expect(typed.code).toBe(0)
    expect(typed.errors).toContain('varve: invalid-input: the statement failed\n')
    expect(typed.errors).toContain('varve: there is no command .nope')
    expect(typed.screen).toContain('│     3 │')
  })

  test('Ctrl-C stops the running statement, else clears what was typed', async () => {
    const typed = await type(['wait;\n', CTRL_C, 'select 1\n', 'nonsense', CTRL_C, 'select 2;\n', '.exit\n'])
    expect(typed.errors).toContain('varve: stopped\n')
    expect(statements(typed)).toEqual(['wait;', 'select 2;'])
    expect(typed.code).toBe(0)
  })

  test('.mode, .timer, .help, .formats and .read', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'varve-shell-')), 'x.sql')
    await writeFile(file, 'select 8')
    const keys = [
      '.mode jsonl\n',
      'select 1;\n',
      '.timer on\n',
      `.read ${file}\n`,
      '.timer off\n',
      '.help\n',
      '.formats\n',
    ]
    const typed = await type([...keys, '.mode xml\n', 'change 3;\n', '.quit\n'])
    expect(typed.screen).toContain('{"n":1}\n')
    expect(typed.screen).toContain('{"n":8}\n')
    expect(typed.errors.match(/varve-timing/g)).toHaveLength(1)
    expect(typed.screen).toContain('.timer on|off')
    expect(typed.screen).toContain('read_lines')
    expect(typed.errors).toContain('the output format is "xml"')
    expect(typed.errors).toContain('3 rows\n')
  })

  test('SIGTERM ends it, also while a statement runs', async () => {
    const typed = await type(['select 1;\n', 'wait;\n'], 'wait;')
    expect(typed.code).toBe(130)
    expect(typed.history).toBe('select 1;\nwait;\n')
  })

  test('statements with secrets are not remembered', async () => {
    const typed = await type(["create secret s (key 'x');\n", 'select 1;\n', '.quit\n'])
    expect(typed.history).toBe('select 1;\n.quit\n')
  })

  test('Tab completes a table function', async () => {
    const typed = await type(['select 1 from read_f\t', '(x);\n', '.quit\n'])
    expect(statements(typed)).toEqual(['select 1 from read_fastq(x);'])
  })
})

describe('completion', () => {
  const session = fakeVerbs(nothingAsked()).session()

  test('of dot commands, modes, functions', async () => {
    expect(await complete(await session, '', '.q')).toEqual([['.quit'], '.q'])
    expect(await complete(await session, '', '.mode js')).toEqual([['json', 'jsonl'], 'js'])
    expect(await complete(await session, 'select 1\n', 'from read')).toEqual([
      ['read_fastq', 'read_lines'],
      'read',
    ])
  })

  test('leaves out what only resembles the typed word, whatever its case', async () => {
    const fuzzy = {
      ...(await session),
      complete: async () => ['select ', 'delete ', '('].map((text) => ({ text, start: 0 })),
    }
    expect(await complete(fuzzy, '', 'SEL')).toEqual([['select '], 'SEL'])
    expect(await complete(fuzzy, '', '')).toEqual([['select ', 'delete '], ''])
  })

  test('of paths inside quotes, on this machine only', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'varve-complete-'))
    for (const name of ['a1.csv', 'a2.csv', 'b.csv', '.hidden']) await writeFile(join(dir, name), '')
    expect(await complete(await session, '', `from '${dir}/a`)).toEqual([
      [`${dir}/a1.csv`, `${dir}/a2.csv`],
      `${dir}/a`,
    ])
    expect(await completePath(`file://${dir}/b`)).toEqual([[`file://${dir}/b.csv`], `file://${dir}/b`])
    expect(await completePath('s3://bucket/a')).toEqual([[], 's3://bucket/a'])
    expect(await completePath('/nowhere/at/all/')).toEqual([[], '/nowhere/at/all/'])
  })
})
