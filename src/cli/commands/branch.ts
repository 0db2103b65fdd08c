import { VarveError } from '../../errors.ts'
import type { CommitOptions, LakeVerbs, MergeReport } from '../../library/lake-types.ts'
import type { CallOptions } from '../../library/types.ts'
import { given, oneOf } from '../arguments.ts'
import { type Context, reportFormat } from '../context.ts'
import { commitLine, commitOptions, count, printReport } from '../on-lake.ts'
import { jsonKey, keyText } from '../render/key-text.ts'

/** `varve fork D@v NEW` */
export async function fork(
  context: Context,
  reference: string,
  dataset: string,
  flags: CommitOptions,
): Promise<void> {
  await printReport(
    context,
    'fork',
    (lake, call) => lake.fork(reference, dataset, { ...call, ...commitOptions(flags) }),
    (report) => commitLine(report, `forked from ${reference}`),
  )
}

/** `varve restore D@v` */
export async function restore(context: Context, reference: string, flags: CommitOptions): Promise<void> {
  await printReport(
    context,
    'restore',
    (lake, call) => lake.restore(reference, { ...call, ...commitOptions(flags) }),
    (report) => commitLine(report, `as ${reference} was`),
  )
}

export interface MergeFlags extends CommitOptions {
  readonly duplicates?: string
}

/** `varve merge FROM[@v] INTO`: conflicts are listed by key, change nothing, and make it exit 14. */
export async function merge(context: Context, from: string, into: string, flags: MergeFlags): Promise<void> {
  const duplicates = given(flags.duplicates, (value) =>
    oneOf(value, '--duplicates', ['fail', 'ours', 'theirs']),
  )
  const { conflicts } = await printReport(
    context,
    'merge',
    async (lake, call) => {
      const report = await lake.merge(from, into, { ...call, ...commitOptions(flags), duplicates })
      return { ...report, conflicts: await readable(lake, into, report.conflicts, call) }
    },
    (report) => (report.conflicts.length > 0 ? '' : commitLine(report, `merged from ${from}`)),
  )
  if (conflicts.length === 0) return
  if (reportFormat(context.options) === 'plain') context.io.stderr.write(conflicts.map(conflictLine).join(''))
  throw new VarveError(
    'conflict',
    `${count(conflicts.length, 'key')} of ${into} changed on both sides since ${from} parted from it: nothing was merged`,
    { conflicts },
  )
}

type Conflicts = MergeReport['conflicts']

async function readable(
  lake: LakeVerbs,
  into: string,
  conflicts: Conflicts,
  call: CallOptions,
): Promise<Conflicts> {
  if (conflicts.length === 0) return []
  const tables = await lake.tables(into, call)
  return conflicts.map(({ table, key }) => ({
    table,
    key: jsonKey(
      key,
      tables.find((info) => info.table === table),
    ),
  }))
}

const conflictLine = ({ table, key }: Conflicts[number]): string => `conflict  ${table}  ${keyText(key)}\n`
