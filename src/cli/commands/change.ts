import type { CommitOptions } from '../../library/lake-types.ts'
import type { Context } from '../context.ts'
import { commitLine, commitOptions, count, printReport } from '../on-lake.ts'

/** `varve rm D PATH…` */
export async function rm(
  context: Context,
  dataset: string,
  paths: readonly string[],
  flags: CommitOptions,
): Promise<void> {
  await printReport(
    context,
    'rm',
    (lake, call) => lake.remove(dataset, paths, { ...call, ...commitOptions(flags) }),
    (report) => commitLine(report, `${count(report.removed, 'file')} removed`),
  )
}

/** `varve mv D FROM TO` */
export async function mv(
  context: Context,
  dataset: string,
  from: string,
  to: string,
  flags: CommitOptions,
): Promise<void> {
  await printReport(
    context,
    'mv',
    (lake, call) => lake.move(dataset, from, to, { ...call, ...commitOptions(flags) }),
    (report) => commitLine(report, `${count(report.moved, 'file')} moved`),
  )
}

/** `varve alias D NAME PATH` */
export async function alias(
  context: Context,
  dataset: string,
  name: string,
  path: string,
  flags: CommitOptions,
): Promise<void> {
  await printReport(
    context,
    'alias',
    (lake, call) => lake.alias(dataset, name, path, { ...call, ...commitOptions(flags) }),
    (report) => commitLine(report, `${name} is ${path}`),
  )
}
