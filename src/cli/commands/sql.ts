import { parametersOf } from '../arguments.ts'
import type { Context } from '../context.ts'
import { refuseTerminal } from '../parquet-output.ts'
import { formatOfPath, type OutputFormat, parseOutputFormat } from '../render/writer.ts'
import { UsageError } from '../report.ts'
import { runScript } from '../script.ts'
import type { RunnerSettings } from '../sql-runner.ts'
import { readTextFile } from '../text-file.ts'

export interface SqlFlags {
  readonly command?: string
  readonly format?: string
  readonly output?: string
  readonly param?: Readonly<Record<string, string>>
  readonly timing?: boolean
  readonly pushdown: boolean
}

/** `varve sql [-c SQL | FILE | -]`; a shell when there is nothing to run and someone at the keyboard. */
export async function sql(context: Context, file: string | undefined, options: SqlFlags): Promise<void> {
  const { io } = context
  if (options.command !== undefined && file !== undefined)
    throw new UsageError(`both -c and a file (${file}) are given, expected one of them`)
  const interactive = options.command === undefined && file === undefined && io.stdin.isTTY === true
  if (interactive && options.output !== undefined)
    throw new UsageError('-o needs statements: give them with -c, as a file or on standard input')
  const settings = settingsOf(context, options)
  if (settings.path === undefined && (settings.format === 'parquet' || settings.format === 'arrow'))
    refuseTerminal(context, settings.format)
  const text = interactive ? undefined : (options.command ?? (await readScript(context, file ?? '-')))

  const verbs = await context.verbs({ session: true })
  const session = await verbs.session()
  if (text !== undefined) return runScript(context, verbs, session, settings, text)
  const { shell } = await import('../shell/shell.ts')
  await shell(context, verbs, session, settings)
}

function settingsOf(context: Context, options: SqlFlags): RunnerSettings {
  return {
    format: outputFormat(context, options),
    timing: options.timing === true,
    pushdown: options.pushdown,
    params: parametersOf(options.param) ?? {},
    path: options.output,
  }
}

function outputFormat({ options: { json } }: Context, { format, output }: SqlFlags): OutputFormat {
  if (format !== undefined) return parseOutputFormat(format)
  if (json === true) return 'json'
  return (output !== undefined && formatOfPath(output)) || 'table'
}

async function readScript(context: Context, file: string): Promise<string> {
  if (file === '-') {
    const pieces: Buffer[] = []
    for await (const piece of context.io.stdin) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces).toString('utf8')
  }
  return readTextFile(file, 'statements')
}
