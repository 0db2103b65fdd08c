/** What the commands on lakes have in common: a verb is called with a bar, and what it returns is printed. */

import type { VarveError } from '../errors.ts'
import type { CommitOptions, CommitReport, FailedPath, LakeVerbs, TableInfo } from '../library/lake-types.ts'
import type { CallOptions } from '../library/types.ts'
import { type Context, listFormat, reportFormat } from './context.ts'
import { progressBar, type Work } from './progress.ts'
import { columnsOf } from './render/data-type.ts'
import { shown } from './render/table.ts'
import { PartialFailure, print, stringify } from './report.ts'
import { type PlainRow, writeRows } from './rows.ts'

type Act<T> = (lake: LakeVerbs, call: CallOptions) => Promise<T>

/** The verbs on the lake, for what prints while it works and wants no bar in between. */
export async function lakeOf(context: Context): Promise<LakeVerbs> {
  return (await context.verbs()).lake()
}

/** A table of a version, if it has one of that name. */
export async function findTable(
  lake: LakeVerbs,
  reference: string,
  table: string,
  call: CallOptions,
): Promise<TableInfo | undefined> {
  return (await lake.tables(reference, call)).find((info) => info.table === table)
}

/** Calls a verb of the lake, with a bar on stderr when it takes long. */
export async function onLake<T>(context: Context, work: Work, act: Act<T>): Promise<T> {
  const lake = await lakeOf(context)
  const bar = progressBar(context, work)
  try {
    return await act(lake, { signal: context.signal, onProgress: (progress) => bar.update(progress) })
  } finally {
    bar.stop()
  }
}

/** Calls a verb and prints its report: as `plain` says, or what `json` makes of it. */
export async function printReport<T>(
  context: Context,
  work: Work,
  act: Act<T>,
  plain: (report: T) => string,
  json: (report: T) => unknown = (report) => report,
): Promise<T> {
  const format = reportFormat(context.options)
  const report = await onLake(context, work, act)
  if (format === 'plain') await print(context, plain(report))
  else await print(context, `${stringify(json(report), format === 'json' ? 2 : undefined)}\n`)
  return report
}

/** A list's columns with their SQL types; `brief` are those that a person gets who asks for no format. */
export interface ListShape {
  readonly types: Readonly<Record<string, string>>
  readonly brief?: readonly string[]
}

/** Calls a verb and prints its rows. */
export async function printList(
  context: Context,
  work: Work,
  { types, brief }: ListShape,
  act: Act<readonly object[]>,
): Promise<void> {
  const format = listFormat(context.options)
  const rows = await onLake(context, work, act)
  const columns = columnsOf(types)
  const wanted =
    format === 'plain' && brief !== undefined
      ? brief.flatMap((name) => columns.filter((column) => column.name === name))
      : columns
  await writeRows(context, format, wanted, rows as readonly PlainRow[])
}

/** `made   reads@3  12 files` for a new version, `there  reads@3  nothing changed` for none. */
export function commitLine({ dataset, version, created, label }: CommitReport, done: string): string {
  if (!created) return `there  ${dataset}@${version}  nothing changed\n`
  return `made   ${dataset}@${version}  ${label === null ? done : `${done}, labelled ${label}`}\n`
}

/** `--label`, `--message` and `--author` for the library. */
export function commitOptions({ label, message, author }: CommitOptions): CommitOptions {
  return { label, message, author }
}

/** A failure as reports show it. */
export function failedJson({ path, error: { code, message } }: FailedPath): Record<string, unknown> {
  return { path, code, message }
}

/** A single failure of a single file is that error; of several files the rest is done: exit code 3. */
export function throwFailures(context: Context, failures: readonly FailedPath[], done: number): void {
  const [first] = failures
  if (first === undefined) return
  if (done === 0 && failures.length === 1) throw first.error
  if (reportFormat(context.options) === 'plain')
    for (const failure of failures) context.io.stderr.write(`varve: ${failureText(failure)}\n`)
  const errors: VarveError[] = failures.map(({ error }) => error)
  throw new PartialFailure(`${failures.length} of ${done + failures.length} files failed`, errors)
}

const failureText = ({ path, error }: FailedPath): string =>
  error.message.includes(path) ? error.message : `${shown(path)}: ${error.message}`

/** `1 file`, `2,000 files`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
}
