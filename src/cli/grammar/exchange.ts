/** Between lakes, branches and other tools. */

import type { Command } from 'commander'
import type { CommitOptions } from '../../library/lake-types.ts'
import type { MergeFlags } from '../commands/branch.ts'
import type { ExportFlags, ImportFlags } from '../commands/exchange.ts'
import { commits, type Grammar, reported } from './grammar.ts'

const POLICY = [
  '--policy <policy>',
  'copy, copy_if_missing, metadata_only or fail_if_missing: whether bytes go along, or must be there',
] as const
const PLAN = ['--plan', 'say what would be done, and do nothing'] as const

export function exchangeCommands({ add, context }: Grammar): void {
  reported(add('export', 'a version as one file for another lake', EXPORT_EXAMPLES))
    .argument('<version>', 'DATASET@VERSION')
    .argument('<file>', 'the bundle to write')
    .option(...POLICY)
    .option(...PLAN)
    .action(async (reference: string, file: string, flags: ExportFlags, command: Command) =>
      (await import('../commands/exchange.ts')).exportBundle(context(command), reference, file, flags),
    )

  commits(add('import', 'a version from the file that export wrote', IMPORT_EXAMPLES))
    .argument('<file>', 'the bundle')
    .option('--as <dataset>', 'into this dataset (default: its own name)')
    .option(...POLICY)
    .option(...PLAN)
    .action(async (file: string, flags: ImportFlags, command: Command) =>
      (await import('../commands/exchange.ts')).importBundle(context(command), file, flags),
    )

  reported(add('publish', "a version in fw-dataset's layout", '  varve publish reads@3 ./published'))
    .argument('<version>', 'DATASET@VERSION')
    .argument('<folder>', 'where to write it')
    .action(async (reference: string, folder: string, _flags: unknown, command: Command) =>
      (await import('../commands/exchange.ts')).publish(context(command), reference, folder),
    )

  reported(add('attach', 'a published fw-dataset, read where it is', ATTACH_EXAMPLES))
    .argument('<url>', 'its folder or prefix')
    .option('--name <dataset>', 'its name here (default: its own)')
    .action(async (url: string, flags: { name?: string }, command: Command) =>
      (await import('../commands/datasets.ts')).attach(context(command), url, flags),
    )

  reported(add('offline', 'a version as one DuckDB file that works without the lake', OFFLINE_EXAMPLES))
    .argument('<version>', 'DATASET, or DATASET@VERSION')
    .argument('<file>', 'the DuckDB file to write')
    .action(async (reference: string, file: string, _flags: unknown, command: Command) =>
      (await import('../commands/exchange.ts')).offline(context(command), reference, file),
    )

  commits(add('fork', 'a new dataset that begins as a version of another, without copying', FORK_EXAMPLES))
    .argument('<version>', 'DATASET@VERSION')
    .argument('<dataset>', 'the new name')
    .action(async (reference: string, dataset: string, flags: CommitOptions, command: Command) =>
      (await import('../commands/branch.ts')).fork(context(command), reference, dataset, flags),
    )

  commits(add('restore', 'a new version that is as an earlier one was', '  varve restore reads@3'))
    .argument('<version>', 'DATASET@VERSION')
    .action(async (reference: string, flags: CommitOptions, command: Command) =>
      (await import('../commands/branch.ts')).restore(context(command), reference, flags),
    )

  commits(
    add('merge', "a fork's changes into another dataset", '  varve merge reads-cleaned reads -m "cleaned"'),
  )
    .argument('<from>', 'DATASET, or DATASET@VERSION')
    .argument('<into>', 'the dataset that gets a new version')
    .option(
      '--duplicates <what>',
      'what a key becomes that both changed: fail, ours or theirs (default: fail)',
    )
    .action(async (from: string, into: string, flags: MergeFlags, command: Command) =>
      (await import('../commands/branch.ts')).merge(context(command), from, into, flags),
    )
}

const EXPORT_EXAMPLES = `  varve export reads@3 reads-3.varve --plan
  varve export reads@3 reads-3.varve --policy metadata_only`

const IMPORT_EXAMPLES = `  varve import reads-3.varve --plan
  varve import reads-3.varve --as reads-of-lab-2`

const ATTACH_EXAMPLES = `  varve attach s3://bucket/published/study --name study
  varve attach ./published`

const OFFLINE_EXAMPLES = `  varve offline reads@3 reads.duckdb
  duckdb reads.duckdb -c "from files limit 5"`

const FORK_EXAMPLES = `  varve fork reads@3 reads-cleaned
  varve fork reads@reviewed reads-2026`
