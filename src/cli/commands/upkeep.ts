import { VarveError } from '../../errors.ts'
import type { Damage, GcReport, VerifyReport } from '../../library/lake-types.ts'
import type { Context } from '../context.ts'
import { count, printReport } from '../on-lake.ts'
import { bytesText } from '../progress.ts'

export interface GcFlags {
  readonly dryRun?: boolean
  /** Seconds. */
  readonly grace?: number
}

/** `varve gc [--dry-run] [--grace 7d]` */
export async function gc(context: Context, { dryRun = false, grace }: GcFlags): Promise<void> {
  if (grace !== undefined && !(grace >= 0))
    throw new VarveError('invalid-input', `--grace is ${grace} s, expected 0 or more`, {
      option: '--grace',
      value: grace,
    })
  const graceSeconds = grace === undefined ? {} : { graceSeconds: grace }
  await printReport(
    context,
    { label: 'gc', of: 'objects' },
    (lake, call) => lake.gc({ ...call, dryRun, ...graceSeconds }),
    gcText,
  )
}

function gcText({ dry_run, objects, bytes, deleted }: GcReport): string {
  const done = dry_run ? 'would delete' : 'deleted'
  return `${deleted.map((key) => `${key}\n`).join('')}${done}  ${count(objects, 'object')}, ${bytesText(bytes)}\n`
}

/** `varve verify [D[@v]] [--full]`: what is damaged is told, and makes it exit 12. */
export async function verify(
  context: Context,
  what: string | undefined,
  { full = false }: { readonly full?: boolean },
): Promise<void> {
  const { damaged } = await printReport(
    context,
    'verify',
    (lake, call) => lake.verify(what, { ...call, full }),
    verifyText,
  )
  if (damaged.length === 0) return
  throw new VarveError('invalid-data', `${what ?? 'the lake'}: ${count(damaged.length, 'object')} damaged`, {
    damaged,
  })
}

function verifyText({ versions, tables, parts, files, bytes_read, full, damaged }: VerifyReport): string {
  const seen = [
    count(versions, 'version'),
    count(tables, 'table'),
    count(parts, 'part'),
    count(files, 'file'),
    `${bytesText(bytes_read)} read`,
  ]
  const result = damaged.length === 0 ? 'whole  ' : 'damaged'
  return `${damaged.map(damageLine).join('')}${result}  ${seen.join(', ')}${full ? ', every checksum' : ''}\n`
}

function damageLine({ dataset, version, path, object, status, message }: Damage): string {
  return `${status.padEnd(7)}  ${dataset}@${version}  ${path === null ? object : `${path}  ${object}`}  ${message}\n`
}
