import type { SliceStrategy } from '../../library/types.ts'
import { atLeastOne } from '../arguments.ts'
import { type Context, reportFormat } from '../context.ts'
import { progressBar } from '../progress.ts'
import { print, stringify, UsageError } from '../report.ts'

/** Source bytes per slice when nothing is said: enough work to be worth a task, little enough to try again. */
const DEFAULT_BYTES = 64 * 1024 * 1024

export interface SlicesFlags {
  readonly n?: number
  readonly rows?: number
  readonly bytes?: number
  readonly by?: string
  readonly arg?: Readonly<Record<string, string>>
  readonly as?: string
}

/** `varve slices URI`: builds the index when there is none. */
export async function slices(context: Context, uri: string, options: SlicesFlags): Promise<void> {
  const strategy = strategyOf(options)
  const { signal } = context
  const verbs = await context.verbs()
  const bar = progressBar(context, 'index')
  try {
    const file = await verbs.openFile(uri, { format: options.as, signal })
    const found = await file.slices(strategy, { signal, onProgress: (progress) => bar.update(progress) })
    bar.stop()
    if (reportFormat(context.options) === 'json') {
      const list = found.map((slice) => slice.toJSON())
      await print(context, `${stringify(list)}\n`)
      return
    }
    for (const slice of found) await print(context, `${slice}\n`)
  } finally {
    bar.stop()
  }
}

function strategyOf({ n, rows, bytes, by, arg }: SlicesFlags): SliceStrategy {
  const given = Object.entries({ '-n': n, '--rows': rows, '--bytes': bytes, '--by': by })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} are given, expected one of them`)
  if (arg !== undefined && by === undefined) throw new UsageError('--arg is given, expected with --by only')
  if (n !== undefined) return { n: atLeastOne(n, '-n') }
  if (rows !== undefined) return { rows: atLeastOne(rows, '--rows') }
  if (by !== undefined) return { by, args: arg ?? {} }
  return { bytes: atLeastOne(bytes ?? DEFAULT_BYTES, '--bytes') }
}
