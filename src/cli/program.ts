/** The command line's grammar. What a command does is loaded when it is called: starting must stay quick. */

import { Command } from 'commander'
import { collectPairs, parseBytes, parseNumber } from './arguments.ts'
import type { Context, GlobalOptions, Io } from './context.ts'
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
      // Errors are printed by run.ts, as a message or as JSON.
      writeErr: () => {},
    })
    .showSuggestionAfterError(true)
    .addHelpText('after', PROGRAM_HELP)

  const context = (command: Command): Context => contextFor(command.optsWithGlobals<GlobalOptions>())

  const add = (name: string, summary: string, examples: string): Command =>
    program
      .command(name)
      .description(summary)
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', `\nExamples:\n${examples}`)

  add('sql', 'run SQL, or open a shell', SQL_EXAMPLES)
    .argument('[file]', 'a file of statements; - reads them from standard input')
    .option('-c, --command <sql>', 'the statements themselves')
    .option('--format <format>', 'table, csv, json, jsonl, parquet or arrow (default: by -o, else table)')
    .option('-o, --output <file>', 'write the rows of the last statement to this file, whole or not at all')
    .option('--param <name=value>', 'a value for $name; repeatable; JSON scalars, else text', collectPairs)
    .option('--timing', 'print "varve-timing {…}" on stderr after every statement')
    .option('--no-pushdown', 'leave every WHERE to DuckDB alone: same rows, more bytes')
    .action(async (file: string | undefined, options: SqlOptions, command: Command) =>
      (await import('./commands/sql.ts')).sql(context(command), file, options),
    )

  add('index', 'build the partition indexes that are missing', INDEX_EXAMPLES)
    .argument('<uri...>', 'files, or patterns with * ? ** { }')
    .option('--as <format>', 'the format, where the head of the file shall not decide')
    .option('--force', 'build anew what is there')
    .option('--format <format>', 'json or jsonl')
    .action(async (uris: string[], options: IndexOptions, command: Command) =>
      (await import('./commands/index-files.ts')).indexFiles(context(command), uris, options),
    )

  add('slices', 'cut a file into slices: one per line, JSON', SLICES_EXAMPLES)
    .argument('<uri>', 'the file')
    .option('-n <n>', 'this many slices', parseNumber)
    .option('--rows <rows>', 'this many rows per slice', parseNumber)
    .option('--bytes <bytes>', 'about this many source bytes per slice (default: 64MiB)', parseBytes)
    .option('--by <strategy>', 'a strategy of the format: see "varve formats"')
    .option('--arg <name=value>', "an argument of --by's strategy; repeatable", collectPairs)
    .option('--as <format>', 'the format, where the head of the file shall not decide')
    .option('--format <format>', 'json or jsonl')
    .action(async (uri: string, options: SlicesOptions, command: Command) =>
      (await import('./commands/slices.ts')).slices(context(command), uri, options),
    )

  add('cat', "print slices' records as raw text, byte for byte", CAT_EXAMPLES)
    .argument('[slice]', 'a slice, as "varve slices" prints it; - (the default) reads one per line')
    .option('--header', "put the file's header first, where it has one")
    .action(async (slice: string | undefined, options: { header?: boolean }, command: Command) =>
      (await import('./commands/cat.ts')).cat(context(command), slice, options),
    )

  add('info', 'format, size, identity, columns, index and segments of a file', INFO_EXAMPLES)
    .argument('<uri>', 'the file')
    .option('--as <format>', 'the format, where the head of the file shall not decide')
    .option('--format <format>', 'json or jsonl')
    .action(async (uri: string, options: { as?: string }, command: Command) =>
      (await import('./commands/info.ts')).info(context(command), uri, options),
    )

  add(
    'formats',
    'the formats: functions, strategies, zones, columns',
    '  varve formats\n  varve formats --json',
  )
    .option('--format <format>', 'json or jsonl')
    .action(async (_options: unknown, command: Command) =>
      (await import('./commands/formats.ts')).formats(context(command)),
    )

  add('init', 'make a lake: a prefix with a lake.json', INIT_EXAMPLES)
    .argument('<lake>', "the lake's URL or folder")
    .option('--format <format>', 'json or jsonl')
    .action(async (lake: string, _options: unknown, command: Command) =>
      (await import('./commands/init.ts')).init(context(command), lake),
    )

  add(
    'demo',
    'make small files, index them, ask them something',
    '  varve demo\n  varve demo /tmp/varve-demo',
  )
    .argument('[folder]', 'where to make them', 'demo')
    .action(async (folder: string, _options: unknown, command: Command) =>
      (await import('./commands/demo.ts')).demo(context(command), folder),
    )

  for (const command of [program, ...program.commands]) globals(command)
  return program
}

/** Options that every command takes, before or after its name. */
function globals(command: Command): Command {
  return command
    .optionsGroup('Global options:')
    .option('--lake <url>', 'the lake (default: VARVE_LAKE, else ./lake)')
    .option('--jobs <n>', 'decoding threads (default: the number of cores)', parseNumber)
    .option('--json', 'lists, reports and errors as JSON')
    .option('--quiet', 'no progress and no notes on stderr')
}

export interface SqlOptions {
  readonly command?: string
  readonly format?: string
  readonly output?: string
  readonly param?: Readonly<Record<string, string>>
  readonly timing?: boolean
  readonly pushdown: boolean
}

export interface IndexOptions {
  readonly as?: string
  readonly force?: boolean
}

export interface SlicesOptions {
  readonly n?: number
  readonly rows?: number
  readonly bytes?: number
  readonly by?: string
  readonly arg?: Readonly<Record<string, string>>
  readonly as?: string
}

const PROGRAM_HELP = `
Examples:
  varve demo
  varve sql -c "FROM 's3://genomics/reads.fastq.gz' LIMIT 5"
  varve slices s3://genomics/reads.fastq.gz -n 200 | head -1 | varve cat -

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

const INDEX_EXAMPLES = `  varve index reads.fastq.gz
  varve index 's3://genomics/**/*.fastq.gz' --jobs 4
  varve index data.txt --as lines --force --json`

const SLICES_EXAMPLES = `  varve slices reads.fastq.gz -n 200
  varve slices s3://genomics/reads.fastq.gz --rows 100000
  varve slices table.csv --bytes 16MiB --json`

const CAT_EXAMPLES = `  varve slices reads.fastq.gz -n 4 | varve cat -
  varve slices table.csv -n 4 | tail -1 | varve cat --header
  varve cat "$(varve slices reads.fastq.gz -n 200 | sed -n 17p)"`

const INFO_EXAMPLES = `  varve info s3://genomics/reads.fastq.gz
  varve info table.csv --json`

const INIT_EXAMPLES = `  varve init ./lake
  varve init s3://bucket/lake`
