/** The command line's grammar. What a command does is loaded when it is called: starting must stay quick. */

import { Command } from 'commander'
import { collectPairs, parseNumber } from './arguments.ts'
import type { SqlFlags } from './commands/sql.ts'
import type { Context, GlobalOptions, Io } from './context.ts'
import { contentCommands } from './grammar/contents.ts'
import { engineCommands } from './grammar/engine.ts'
import { exchangeCommands } from './grammar/exchange.ts'
import { fileCommands } from './grammar/files.ts'
import type { Grammar } from './grammar/grammar.ts'
import { lakeCommands } from './grammar/lake.ts'
import { mountCommands } from './grammar/mount.ts'
import { version } from './version.ts'

/** Builds the program; `contextFor` is told the global options before a command acts. */
export function buildProgram(io: Io, contextFor: (options: GlobalOptions) => Context): Command {
  const program = new Command('varve')
  program
    .description('SQL over byte-range slices of raw scientific files, where they are: on disk or in S3.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Help that is an answer to a missing command; errors are printed by run.ts, as a message or as JSON.
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => {},
    })
    .showSuggestionAfterError(true)
    .addHelpText('after', PROGRAM_HELP)

  const context = (command: Command): Context => contextFor(command.optsWithGlobals<GlobalOptions>())

  const add: Grammar['add'] = (name, summary, examples, group = program) =>
    group
      .command(name)
      .description(summary)
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', `\nExamples:\n${examples}`)

  program.commandsGroup('SQL and single files:')
  add('sql', 'run SQL, or open a shell', SQL_EXAMPLES)
    .argument('[file]', 'a file of statements; - reads them from standard input')
    .option('-c, --command <sql>', 'the statements themselves')
    .option('--format <format>', 'table, csv, json, jsonl, parquet or arrow (default: by -o, else table)')
    .option('-o, --output <file>', 'write the rows of the last statement to this file, whole or not at all')
    .option(
      '--param <name=value>',
      'a value for $name; repeatable; JSON scalars and lists, else text',
      collectPairs,
    )
    .option('--timing', 'print "varve-timing {…}" on stderr after every statement')
    .option('--no-pushdown', 'leave every WHERE to DuckDB alone: same rows, more bytes')
    .action(async (file: string | undefined, flags: SqlFlags, command: Command) =>
      (await import('./commands/sql.ts')).sql(context(command), file, flags),
    )

  const grammar: Grammar = { program, add, context }
  fileCommands(grammar)
  program.commandsGroup('Lakes, datasets and versions:')
  lakeCommands(grammar)
  program.commandsGroup('Files and tables of versions:')
  contentCommands(grammar)
  program.commandsGroup('Between lakes, branches and tools:')
  exchangeCommands(grammar)
  program.commandsGroup('Mounts:')
  mountCommands(grammar)
  program.commandsGroup('Other programs:')
  engineCommands(grammar)
  globals(program)
  return program
}

/** Options that every command takes, before or after its name. */
function globals(command: Command): void {
  command
    .optionsGroup('Global options:')
    .option('--lake <url>', 'the lake (default: VARVE_LAKE, else ./lake)')
    .option('--jobs <n>', 'decoding threads (default: the number of cores)', parseNumber)
    .option('--json', 'lists, reports and errors as JSON')
    .option('--quiet', 'no progress and no notes on stderr')
  for (const inner of command.commands) globals(inner)
}

const PROGRAM_HELP = `
Examples:
  varve demo
  varve sql -c "FROM 's3://genomics/reads.fastq.gz' LIMIT 5"
  varve slices s3://genomics/reads.fastq.gz -n 200 | head -1 | varve cat -
  varve add ./run1 --dataset reads && varve files reads --where "bytes > 1e6"

A path is file://, s3:// or a path of this machine. S3 is set by AWS_* or S3_ENDPOINT, S3_ACCESS_KEY,
S3_SECRET_KEY and S3_REGION, also in ./.env. Exit codes: 0 done, 2 the command line cannot be parsed,
3 some files failed, 10 not found, 11 invalid input, 12 invalid data, 13 unsupported, 14 conflict, 15 stale,
16 denied, 17 read-only, 18 unavailable, 19 aborted, 130 interrupted, 1 anything else.`

const SQL_EXAMPLES = `  varve sql
  varve sql -c "FROM read_fastq('reads.fastq.gz') LIMIT 5"
  varve sql -c "FROM 's3://bucket/reads_*.fastq.gz' WHERE record < \\$n" --param n=1000
  varve sql report.sql --format csv -o report.csv
  echo "SELECT 42 AS answer" | varve sql - --format json

Without statements and at a terminal a shell opens: .help lists its commands.
csv, json, jsonl, parquet and arrow hold the rows of the last statement; tables are drawn for every one.
In JSON, integers outside ±(2^53 - 1), longer decimals, dates, blobs (\\xAA) and NaN are strings.`
