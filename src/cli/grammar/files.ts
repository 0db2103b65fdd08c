/** Single files, wherever they are: index, slices, cat, info; formats and the demo. */

import type { Command } from 'commander'
import { collectPairs, parseBytes, parseNumber } from '../arguments.ts'
import type { IndexFlags } from '../commands/index-files.ts'
import type { SlicesFlags } from '../commands/slices.ts'
import { type Grammar, reported } from './grammar.ts'

const AS = ['--as <format>', 'the format, where the head of the file shall not decide'] as const

export function fileCommands({ add, context }: Grammar): void {
  reported(add('index', 'build the partition indexes that are missing', INDEX_EXAMPLES))
    .argument('<uri...>', 'files, or patterns with * ? ** { }')
    .option(...AS)
    .option('--force', 'build anew what is there')
    .action(async (uris: string[], flags: IndexFlags, command: Command) =>
      (await import('../commands/index-files.ts')).indexFiles(context(command), uris, flags),
    )

  reported(add('slices', 'cut a file into slices: one per line, JSON', SLICES_EXAMPLES))
    .argument('<uri>', 'the file')
    .option('-n <n>', 'this many slices', parseNumber)
    .option('--rows <rows>', 'this many rows per slice', parseNumber)
    .option('--bytes <bytes>', 'about this many source bytes per slice (default: 64MiB)', parseBytes)
    .option('--by <strategy>', 'a strategy of the format: see "varve formats"')
    .option('--arg <name=value>', "an argument of --by's strategy; repeatable", collectPairs)
    .option(...AS)
    .action(async (uri: string, flags: SlicesFlags, command: Command) =>
      (await import('../commands/slices.ts')).slices(context(command), uri, flags),
    )

  add('cat', "print slices' records as raw text, byte for byte", CAT_EXAMPLES)
    .argument('[slice]', 'a slice, as "varve slices" prints it; - (the default) reads one per line')
    .option('--header', "put the file's header first, where it has one")
    .action(async (slice: string | undefined, flags: { header?: boolean }, command: Command) =>
      (await import('../commands/cat.ts')).cat(context(command), slice, flags),
    )

  reported(add('info', 'format, size, identity, columns, index and segments of a file', INFO_EXAMPLES))
    .argument('<uri>', 'the file')
    .option(...AS)
    .action(async (uri: string, flags: { as?: string }, command: Command) =>
      (await import('../commands/info.ts')).info(context(command), uri, flags),
    )

  const summary = 'the formats: functions, strategies, zones, columns'
  reported(add('formats', summary, '  varve formats\n  varve formats --json')).action(
    async (_flags: unknown, command: Command) =>
      (await import('../commands/formats.ts')).formats(context(command)),
  )

  add(
    'demo',
    'make small files, index them, ask them something',
    '  varve demo\n  varve demo /tmp/varve-demo',
  )
    .argument('[folder]', 'where to make them', 'demo')
    .action(async (folder: string, _flags: unknown, command: Command) =>
      (await import('../commands/demo.ts')).demo(context(command), folder),
    )
}

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
