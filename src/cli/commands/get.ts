import { atLeastOne, given } from '../arguments.ts'
import type { Context } from '../context.ts'
import { count, failedJson, printReport, throwFailures } from '../on-lake.ts'
import { bytesText } from '../progress.ts'
import { type SelectionFlags, selectionOf } from '../selection.ts'

export interface GetFlags extends SelectionFlags {
  readonly transfers?: number
}

/** `varve get D[@v] DIR`: what is there already is not fetched again; a file that fails does not keep the others. */
export async function get(
  context: Context,
  reference: string,
  folder: string,
  flags: GetFlags,
): Promise<void> {
  const { where, params, filter, limit } = selectionOf(flags)
  const transfers = given(flags.transfers, (value) => atLeastOne(value, '--transfers'))
  const report = await printReport(
    context,
    'get',
    (lake, call) => lake.get(reference, folder, { ...call, where, params, filter, limit, transfers }),
    ({ dataset, version, files, bytes, written, manifest }) =>
      `got  ${dataset}@${version}  ${count(files, 'file')}, ${bytesText(bytes)}, ${written} written now; ${manifest}\n`,
    (got) => ({ ...got, failed: got.failed.map(failedJson) }),
  )
  throwFailures(context, report.failed, report.files)
}
