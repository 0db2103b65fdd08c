/** The lines that begin with a dot: settings and questions that are no SQL. */

import type { Session } from '../../engine/types.ts'
import { VarveError } from '../../errors.ts'
import type { Context } from '../context.ts'
import { refuseTerminal } from '../parquet-output.ts'
import { OUTPUT_FORMATS, parseOutputFormat } from '../render/writer.ts'
import { print } from '../report.ts'
import { type RunnerSettings, runStatement } from '../sql-runner.ts'
import { readTextFile } from '../text-file.ts'
import type { Verbs } from '../verbs.ts'

export interface ShellState {
  readonly context: Context
  readonly verbs: Verbs
  readonly session: Session
  readonly settings: RunnerSettings
  /** Set by .quit. */
  done: boolean
  /** Runs a script as if it stood here. */
  runText(text: string): Promise<void>
}

interface DotCommand {
  readonly usage: string
  readonly summary: string
  run(state: ShellState, argument: string): Promise<void>
}

const COMMANDS: Readonly<Record<string, DotCommand>> = {
  help: {
    usage: '.help',
    summary: 'this list',
    run: async ({ context }) => print(context, helpText()),
  },
  quit: { usage: '.quit', summary: 'leave (also .exit and Ctrl-D)', run: quit },
  exit: { usage: '.exit', summary: 'leave', run: quit },
  timer: {
    usage: '.timer on|off',
    summary: 'a varve-timing line after every statement',
    run: async ({ settings }, argument) => {
      if (argument !== 'on' && argument !== 'off')
        throw new VarveError('invalid-input', `.timer got "${argument}", expected on or off`)
      settings.timing = argument === 'on'
    },
  },
  mode: {
    usage: '.mode FORMAT',
    summary: `how rows are printed: ${OUTPUT_FORMATS.join(', ')}`,
    run: async ({ context, settings }, argument) => {
      const format = parseOutputFormat(argument)
      if (format === 'parquet' || format === 'arrow') refuseTerminal(context, format)
      settings.format = format
    },
  },
  read: {
    usage: '.read FILE',
    summary: "run a file's statements",
    run: async (state, argument) => state.runText(await readTextFile(argument, 'statements')),
  },
  tables: {
    usage: '.tables',
    summary: 'tables and views of this session',
    run: async ({ context, verbs, session, settings }) => {
      const asTable: RunnerSettings = { ...settings, format: 'table', path: undefined, timing: false }
      await runStatement(context, verbs, session, asTable, 'show tables', {
        show: true,
        signal: context.signal,
      })
    },
  },
  formats: {
    usage: '.formats',
    summary: 'file formats and their table functions',
    run: async ({ context }) => (await import('../commands/formats.ts')).formats(context),
  },
}

async function quit(state: ShellState): Promise<void> {
  state.done = true
}

/** The names of all dot commands, with their dot. */
export const dotCommandNames: readonly string[] = Object.keys(COMMANDS).map((name) => `.${name}`)

/** Runs `.name argument`; an unknown one is `invalid-input`. */
export async function runCommand(state: ShellState, line: string): Promise<void> {
  const [, name = '', rest = ''] = /^\.(\S*)\s*([\s\S]*)$/.exec(line) ?? []
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined)
    throw new VarveError(
      'invalid-input',
      `there is no command .${name}, expected ${dotCommandNames.join(' ')}`,
    )
  await command.run(state, unquote(rest.trim().replace(/;$/, '').trim()))
}

const unquote = (text: string): string => /^(['"])([\s\S]*)\1$/.exec(text)?.[2] ?? text

function helpText(): string {
  const commands = Object.values(COMMANDS)
  const width = Math.max(...commands.map(({ usage }) => usage.length))
  const lines = commands.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`)
  return `${lines.join('\n')}
  ${'…;'.padEnd(width)}  SQL, over as many lines as it takes, up to the semicolon

  FROM 's3://bucket/reads.fastq.gz' LIMIT 5;   a path is a table
  Tab completes, Ctrl-C stops a statement or clears the line, arrows walk the history.
`
}
