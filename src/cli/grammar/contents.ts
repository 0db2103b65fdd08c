/** What is in versions: files and tables, written and read. */

import type { Command } from 'commander'
import type { CommitOptions } from '../../library/lake-types.ts'
import { collect, collectNames, collectPairs, parseNumber } from '../arguments.ts'
import type { AddFlags } from '../commands/add.ts'
import type { FilesFlags } from '../commands/files.ts'
import type { GetFlags } from '../commands/get.ts'
import type { TableWriteFlags } from '../commands/table.ts'
import { keysAndOperands } from '../key-words.ts'
import { commits, type Grammar, listed, reported, selects } from './grammar.ts'

const VERSION = ['<version>', 'DATASET, or DATASET@VERSION'] as const

export function contentCommands(grammar: Grammar): void {
  const { add, context } = grammar

  commits(add('add', 'add files to a dataset: one new version', ADD_EXAMPLES))
    .argument('<path...>', 'files, folders, prefixes of stores')
    .requiredOption('--dataset <name>', 'the dataset, made when it is new')
    .option('--prefix <path>', 'put them below this folder')
    .option('--in-place', 'register the objects where they are, without copying')
    .option('--pattern <pattern>', 'columns from paths: {experiment}/{*}-{frame:int}.{ext}')
    .option(
      '--on-conflict <what>',
      'skip, overwrite or fail, where other bytes have the path (default: overwrite)',
    )
    .option('--heads', 'read metadata from the heads of all files')
    .option('--no-heads', 'read none')
    .option('--tier <tier>', 'a word for what they are: raw, derived, …')
    .option('--derived-from <path>', 'what they were made from: a path or asset id; repeatable', collect)
    .option('--transfers <n>', 'transfers at a time', parseNumber)
    .action(async (paths: string[], flags: AddFlags, command: Command) =>
      (await import('../commands/add.ts')).add(context(command), paths, flags),
    )

  commits(
    add('rm', 'take files out: one new version', '  varve rm reads raw/old/\n  varve rm reads "**/*.tmp"'),
  )
    .argument('<dataset>', "the dataset's name")
    .argument('<path...>', 'files, folders, or patterns with * ? ** { }')
    .action(async (dataset: string, paths: string[], flags: CommitOptions, command: Command) =>
      (await import('../commands/change.ts')).rm(context(command), dataset, paths, flags),
    )

  commits(add('mv', 'move a file or a folder: one new version', '  varve mv reads raw/run1 archive/run1'))
    .argument('<dataset>', "the dataset's name")
    .argument('<from>', 'a file or folder')
    .argument('<to>', 'its new path')
    .action(async (dataset: string, from: string, to: string, flags: CommitOptions, command: Command) =>
      (await import('../commands/change.ts')).mv(context(command), dataset, from, to, flags),
    )

  commits(add('alias', 'give a file a second name', '  varve alias reads baseline raw/run1/reads_1.fastq.gz'))
    .argument('<dataset>', "the dataset's name")
    .argument('<name>', 'the alias')
    .argument('<path>', 'the file')
    .action(async (dataset: string, name: string, path: string, flags: CommitOptions, command: Command) =>
      (await import('../commands/change.ts')).alias(context(command), dataset, name, path, flags),
    )

  tableCommands(grammar)

  listed(selects(add('files', 'the files of a version, a page at a time', FILES_EXAMPLES)))
    .argument(...VERSION)
    .option('--columns <a,b>', 'these columns; repeatable', collectNames)
    .option('--after <cursor>', 'go on where an earlier page ended')
    .action(async (reference: string, flags: FilesFlags, command: Command) =>
      (await import('../commands/files.ts')).files(context(command), reference, flags),
    )

  reported(selects(add('get', 'fetch the files of a version into a folder', GET_EXAMPLES)))
    .argument(...VERSION)
    .argument('<folder>', 'where to put them, with varve-manifest.json')
    .option('--transfers <n>', 'transfers at a time', parseNumber)
    .action(async (reference: string, folder: string, flags: GetFlags, command: Command) =>
      (await import('../commands/get.ts')).get(context(command), reference, folder, flags),
    )

  listed(add('summary', 'files, bytes, formats and dates of a version', SUMMARY_EXAMPLES))
    .argument(...VERSION)
    .option('--by <column>', 'a card per value of this column of files; repeatable', collectNames)
    .action(async (reference: string, flags: { by?: string[] }, command: Command) =>
      (await import('../commands/summary.ts')).summary(context(command), reference, flags),
    )
}

function tableCommands({ program, add, context }: Grammar): void {
  const table = add('table', 'write and list tables', '  varve table list reads\n  varve table write --help')

  const write = commits(add('write', "write a table's rows: one new version", WRITE_EXAMPLES, table))
    .argument('<dataset>', "the dataset's name")
    .argument('<table>', "the table's name")
    .argument('[file]', 'csv, json, jsonl or parquet; - reads csv or json from standard input')
    .option('--mode <mode>', 'replace, append, upsert or delete (default: replace)')
    .option('--key <column>', 'columns of the key of a new table: repeated, or a,b', collectNames)
    .option('--schema <file>', 'a JSON Schema that every row must fulfil')
    .option('--query <sql>', 'rows of a query instead of a file')
    .option('--param <name=value>', "a value for --query's $name; repeatable", collectPairs)
    // Words behind --key may be keys: keysAndOperands counts them.
    .allowExcessArguments()
  write.action(async (_dataset, _table, _file, flags: TableWriteFlags, command: Command) => {
    const needed = ['table', 'write', 'dataset', 'table', ...(flags.query === undefined ? ['file'] : [])]
    const { rawArgs } = program as Command & { readonly rawArgs: readonly string[] }
    const { keys, operands } = keysAndOperands(rawArgs, write.options, needed)
    const [, , dataset = '', name = '', file] = operands
    return (await import('../commands/table.ts')).writeTable(
      context(command),
      dataset,
      name,
      file,
      keys,
      flags,
    )
  })

  listed(
    add(
      'list',
      'the tables of a version',
      '  varve table list reads@3\n  varve table list reads --json',
      table,
    ),
  )
    .argument(...VERSION)
    .action(async (reference: string, _flags: unknown, command: Command) =>
      (await import('../commands/table.ts')).listTables(context(command), reference),
    )
}

const ADD_EXAMPLES = `  varve add ./run1 --dataset reads --label run1 -m "first run"
  varve add s3://bucket/raw/ --dataset raw --in-place
  varve add ./4dor --dataset or --pattern "{experiment}/{camera_id}/{image_type}/{*}-{frame_number:int}.{ext}"`

const WRITE_EXAMPLES = `  varve table write reads patients patients.csv --key patient_id
  varve table write reads patients new.jsonl --mode upsert
  varve table write reads lengths --key path --query "select path, bytes from files('reads')"
  psql -c "copy visits to stdout csv header" | varve table write reads visits - --key patient_id,visit`

const FILES_EXAMPLES = `  varve files reads
  varve files reads@3 --where "bytes > 1e9 and format = 'fastq'" --columns path,bytes
  varve files or --filter camera_id=camera01 --filter 'frame_number={"gte": 10}' --format csv
  varve files reads --limit 1000 --json`

const GET_EXAMPLES = `  varve get reads@3 ./reads
  varve get or ./camera01 --filter camera_id=camera01
  varve get reads ./sample --where "path like 'raw/%'" --limit 10`

const SUMMARY_EXAMPLES = `  varve summary reads
  varve summary or@2 --by camera_id --by image_type --json`
