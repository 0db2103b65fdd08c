import type { Mounted, MountInfo, MountVerbs } from '../../library/mount.ts'
import { type Context, listFormat, reportFormat } from '../context.ts'
import { columnsOf } from '../render/data-type.ts'
import { print, stringify } from '../report.ts'
import { writeRows } from '../rows.ts'

const COLUMNS = {
  point: 'VARCHAR',
  lake: 'VARCHAR',
  pid: 'BIGINT',
  since: 'VARCHAR',
  state: 'VARCHAR',
  log: 'VARCHAR',
} satisfies Record<keyof MountInfo, string>

const verbs = async (context: Context): Promise<MountVerbs> => (await context.verbs()).mounts()

/** `varve mount [DIR] [--daemon]`: in the foreground until Ctrl-C, SIGTERM or an unmount from outside. */
export async function mount(
  context: Context,
  folder: string,
  { daemon = false }: { readonly daemon?: boolean },
): Promise<void> {
  const { signal, io } = context
  reportFormat(context.options)
  const onOutput = (text: string): void => void io.stderr.write(text)
  const mounted = await (await verbs(context)).mount(folder, { daemon, signal, onOutput })
  if (!daemon) context.serves()
  let stopped: Promise<void> | undefined
  const stop = (): void => void (stopped = mounted.stop())
  // From here on being stopped is how it ends, also while it says that it is mounted.
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    await printReport(context, mounted)
    if (!daemon) await mounted.ended
  } finally {
    signal.removeEventListener('abort', stop)
    await stopped
  }
}

async function printReport(context: Context, { point, lake, pid, log }: Mounted): Promise<void> {
  const format = reportFormat(context.options)
  const json = stringify({ point, lake, pid, log }, format === 'json' ? 2 : undefined)
  await print(context, format === 'plain' ? `mounted  ${point}  ${lake}\n` : `${json}\n`)
}

/** `varve umount DIR` */
export async function umount(
  context: Context,
  folder: string,
  { force = false }: { readonly force?: boolean },
): Promise<void> {
  const format = reportFormat(context.options)
  const { point } = await (await verbs(context)).unmount(folder, { force })
  const json = stringify({ point }, format === 'json' ? 2 : undefined)
  await print(context, format === 'plain' ? `unmounted  ${point}\n` : `${json}\n`)
}

/** `varve mounts` */
export async function mounts(context: Context): Promise<void> {
  const format = listFormat(context.options)
  const columns = columnsOf(COLUMNS)
  const shown = format === 'plain' ? columns.filter(({ name }) => name !== 'log') : columns
  const rows = (await (await verbs(context)).list()).map((row) => ({ ...row }))
  await writeRows(context, format, shown, rows)
}
