import type { CommitOptions, TransferPlan, TransferPolicy } from '../../library/lake-types.ts'
import { given, oneOf } from '../arguments.ts'
import type { Context } from '../context.ts'
import { commitLine, commitOptions, count, printReport } from '../on-lake.ts'
import { bytesText } from '../progress.ts'

const POLICIES = ['copy', 'copy_if_missing', 'metadata_only', 'fail_if_missing'] as const

const policyOf = (text: string | undefined): TransferPolicy | undefined =>
  given(text, (policy) => oneOf(policy, '--policy', POLICIES))

export interface ExportFlags {
  readonly policy?: string
  readonly plan?: boolean
}

/** `varve export D@v FILE [--policy P] [--plan]` */
export async function exportBundle(
  context: Context,
  reference: string,
  file: string,
  { policy: wanted, plan = false }: ExportFlags,
): Promise<void> {
  const policy = given(policyOf(wanted), (known) => ({ policy: known }))
  await printReport(
    context,
    'export',
    (lake, call) => lake.export(reference, file, { ...call, ...policy, plan }),
    (report) =>
      plan
        ? planText(report)
        : `exported  ${report.dataset}@${report.version}  ${report.file}  ${count(report.files, 'file')}, ${bytesText(report.bundle_bytes)}\n`,
  )
}

export interface ImportFlags extends ExportFlags, CommitOptions {
  readonly as?: string
}

/** `varve import FILE [--plan] [--as NAME] [--policy P]` */
export async function importBundle(context: Context, file: string, flags: ImportFlags): Promise<void> {
  const { plan = false } = flags
  const policy = given(policyOf(flags.policy), (known) => ({ policy: known }))
  const as = given(flags.as, (name) => ({ as: name }))
  await printReport(
    context,
    'import',
    (lake, call) => lake.import(file, { ...call, ...commitOptions(flags), ...policy, ...as, plan }),
    (report) =>
      plan ? planText(report.plan) : commitLine(report, `${count(report.plan.files, 'file')} from ${file}`),
  )
}

function planText(plan: TransferPlan): string {
  const { dataset, version, policy, files, bytes, transfers, transfer_bytes, present, missing } = plan
  const lines = [
    ['version', `${dataset}@${version}`],
    ['policy', policy],
    ['files', `${files.toLocaleString('en-US')}, ${bytesText(bytes)}`],
    ['to carry', `${count(transfers, 'object')}, ${bytesText(transfer_bytes)}`],
    ['present', count(present, 'object')],
    ['missing', count(missing.length, 'object')],
    ...missing.map((object) => ['', object]),
  ]
  return lines.map(([name = '', value]) => `${name.padEnd(10)}${value}\n`).join('')
}

/** `varve publish D@v DIR` */
export async function publish(context: Context, reference: string, folder: string): Promise<void> {
  await printReport(
    context,
    'publish',
    (lake, call) => lake.publish(reference, folder, call),
    (report) =>
      `published  ${report.dataset}@${report.version}  ${report.folder}\n${report.tables
        .map(({ name, rows }) => `  ${name}  ${count(rows, 'row')}\n`)
        .join('')}`,
  )
}

/** `varve offline D[@v] FILE` */
export async function offline(context: Context, reference: string, file: string): Promise<void> {
  await printReport(
    context,
    { label: 'offline', of: 'rows' },
    (lake, call) => lake.offline(reference, file, call),
    (report) => `wrote  ${report.file}  ${count(report.tables, 'table')}, ${count(report.rows, 'row')}\n`,
  )
}
