/** Lakes, datasets and their versions: making, listing, naming, cleaning. */

import type { Command } from 'commander'
import { parseDuration } from '../arguments.ts'
import type { GcFlags } from '../commands/upkeep.ts'
import { type Grammar, listed, reported } from './grammar.ts'

export function lakeCommands({ add, context }: Grammar): void {
  reported(add('init', 'make a lake: a prefix with a lake.json', INIT_EXAMPLES))
    .argument('<lake>', "the lake's URL or folder")
    .action(async (lake: string, _flags: unknown, command: Command) =>
      (await import('../commands/init.ts')).init(context(command), lake),
    )

  listed(
    add(
      'datasets',
      'the datasets of the lake',
      '  varve datasets\n  varve datasets --lake s3://bucket/lake --json',
    ),
  ).action(async (_flags: unknown, command: Command) =>
    (await import('../commands/datasets.ts')).datasets(context(command)),
  )

  listed(
    add('versions', 'the versions of a dataset', '  varve versions reads\n  varve versions reads --json'),
  )
    .argument('<dataset>', "the dataset's name")
    .action(async (dataset: string, _flags: unknown, command: Command) =>
      (await import('../commands/history.ts')).versions(context(command), dataset),
    )

  listed(
    add(
      'log',
      'the versions of a dataset, newest first',
      '  varve log reads\n  varve log reads --format jsonl | head -1',
    ),
    'table, csv, json or jsonl (default: as git log)',
  )
    .argument('<dataset>', "the dataset's name")
    .action(async (dataset: string, _flags: unknown, command: Command) =>
      (await import('../commands/history.ts')).log(context(command), dataset),
    )

  listed(
    add('diff', 'what differs between two versions', DIFF_EXAMPLES),
    'table, csv, json or jsonl (default: + path, - path, ~ path)',
  )
    .argument('<a>', 'the older version: DATASET@VERSION')
    .argument('<b>', 'the newer version')
    .option('--table <table>', 'rows of this table (default: files)')
    .action(async (a: string, b: string, flags: { table?: string }, command: Command) =>
      (await import('../commands/diff.ts')).diff(context(command), a, b, flags),
    )

  for (const [kind, summary] of [
    ['label', 'give a version a name that never moves'],
    ['tag', 'give a version a name that can move'],
  ] as const) {
    reported(add(kind, summary, `  varve ${kind} reads@3 reviewed\n  varve ${kind} reads@latest 2026-paper`))
      .argument('<version>', 'DATASET@VERSION')
      .argument('<name>', 'not all digits, not latest, not like a date')
      .action(async (reference: string, name: string, _flags: unknown, command: Command) =>
        (await import('../commands/refs.ts')).name(context(command), kind, reference, name),
      )
  }

  reported(add('untag', 'take a tag away', '  varve untag reads reviewed'))
    .argument('<dataset>', "the dataset's name")
    .argument('<name>', 'the tag')
    .action(async (dataset: string, name: string, _flags: unknown, command: Command) =>
      (await import('../commands/refs.ts')).untag(context(command), dataset, name),
    )

  reported(add('delete', 'delete a version that is neither the latest nor tagged', DELETE_EXAMPLES))
    .argument('<version>', 'DATASET@VERSION')
    .action(async (reference: string, _flags: unknown, command: Command) =>
      (await import('../commands/refs.ts')).deleteVersion(context(command), reference),
    )

  reported(add('gc', 'delete the objects that no version needs', GC_EXAMPLES))
    .option('--dry-run', 'list them only')
    .option(
      '--grace <duration>',
      'spare what is younger: 0, 30s, 15m, 12h, 7d, 2w (default: 7d)',
      parseDuration,
    )
    .action(async (flags: GcFlags, command: Command) =>
      (await import('../commands/upkeep.ts')).gc(context(command), flags),
    )

  reported(add('verify', 'check that everything that versions name is there and whole', VERIFY_EXAMPLES))
    .argument('[what]', 'a dataset or DATASET@VERSION (default: the whole lake)')
    .option('--full', 'read every byte and compare the checksums')
    .action(async (what: string | undefined, flags: { full?: boolean }, command: Command) =>
      (await import('../commands/upkeep.ts')).verify(context(command), what, flags),
    )

  listed(
    add('stores', 'the stores that have names in this lake', '  varve stores\n  varve stores --json'),
  ).action(async (_flags: unknown, command: Command) =>
    (await import('../commands/datasets.ts')).stores(context(command)),
  )

  reported(add('store', 'name a store, or say where it has moved', STORE_EXAMPLES))
    .argument('<name>', 'by which entries refer to it')
    .argument('<url>', 'where it is')
    .action(async (name: string, url: string, _flags: unknown, command: Command) =>
      (await import('../commands/datasets.ts')).store(context(command), name, url),
    )
}

const INIT_EXAMPLES = `  varve init ./lake
  varve init s3://bucket/lake`

const DIFF_EXAMPLES = `  varve diff reads@2 reads@3
  varve diff reads@reviewed reads --json
  varve diff reads@2026-11-01 reads@latest --table patients --format csv`

const DELETE_EXAMPLES = `  varve delete reads@2
  varve gc --dry-run`

const GC_EXAMPLES = `  varve gc --dry-run
  varve gc --grace 2w`

const VERIFY_EXAMPLES = `  varve verify
  varve verify reads@3 --full --json`

const STORE_EXAMPLES = `  varve store raw s3://bucket/raw/
  varve store raw file:///mnt/archive/raw/`
