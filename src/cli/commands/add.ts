import type { AddReport, CommitOptions } from '../../library/lake-types.ts'
import { atLeastOne, given, oneOf } from '../arguments.ts'
import type { Context } from '../context.ts'
import { commitLine, commitOptions, count, failedJson, printReport, throwFailures } from '../on-lake.ts'
import { bytesText } from '../progress.ts'

export interface AddFlags extends CommitOptions {
  readonly dataset: string
  readonly prefix?: string
  readonly inPlace?: boolean
  readonly pattern?: string
  readonly onConflict?: string
  readonly heads?: boolean
  readonly tier?: string
  readonly derivedFrom?: readonly string[]
  readonly transfers?: number
}

/** `varve add PATH… --dataset D`: a file that fails does not keep the others from being added. */
export async function add(context: Context, paths: readonly string[], flags: AddFlags): Promise<void> {
  const { dataset, prefix, inPlace, pattern, heads, tier, derivedFrom } = flags
  const onConflict = given(flags.onConflict, (value) =>
    oneOf(value, '--on-conflict', ['skip', 'overwrite', 'fail']),
  )
  const transfers = given(flags.transfers, (value) => atLeastOne(value, '--transfers'))
  const report = await printReport(
    context,
    'add',
    (lake, call) =>
      lake.add(paths, {
        ...call,
        ...commitOptions(flags),
        dataset,
        prefix,
        inPlace,
        pattern,
        onConflict,
        heads,
        tier,
        derivedFrom,
        transfers,
      }),
    plain,
    (added) => ({ ...added, failed: added.failed.map(failedJson) }),
  )
  throwFailures(context, report.failed, doneBy(report))
}

const doneBy = ({ added, changed, unchanged, skipped }: AddReport): number =>
  added + changed + unchanged + skipped

function plain(report: AddReport): string {
  const { added, changed, unchanged, skipped, failed, bytes, transferred, unmatched, heads_unread } = report
  // Only failures: they are told on stderr, and there may be no version at all.
  if (failed.length > 0 && doneBy(report) === 0) return ''
  const done = [`${added} added`, `${changed} changed`]
  const details = [
    `${unchanged} unchanged`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(unmatched > 0 ? [`${unmatched} not matched by the pattern`] : []),
    ...(heads_unread > 0 ? [`${count(heads_unread, 'head')} unreadable`] : []),
    `${bytesText(transferred)} of ${bytesText(bytes)} sent`,
  ]
  return `${commitLine(report, done.join(', '))}       ${details.join(', ')}\n`
}
