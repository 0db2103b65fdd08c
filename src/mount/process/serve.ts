/** One mount, from opening the lake to the last unmount; runs in the process that main.ts is. */

import { stat, writeFile } from 'node:fs/promises'
import { openLake, requireLake } from '../../lake/open.ts'
import { createScanService } from '../../scan/service.ts'
import { closeStores, withDiskCache } from '../../store/index.ts'
import { attachFuse } from '../fuse/attach.ts'
import { serveFuse } from '../fuse/session.ts'
import { createReaders } from '../reading/index.ts'
import { indexesOf } from '../tree/slices.ts'
import { createVfs } from '../vfs.ts'
import { detach } from './detach.ts'
import type { MountOrder } from './messages.ts'
import { removeRecord, writeRecord } from './registry.ts'
import { mountedAt } from './table.ts'

export interface Served {
  readonly lake: string
  /** Resolves when it is unmounted by whomever, and everything is closed; rejects when it broke. */
  readonly ended: Promise<void>
  /** Unmounts, also while it is in use. */
  stop(): Promise<void>
}

/** How long a mount that is in use is waited for after it was taken out of the tree. */
const PATIENCE_MS = 2000

/** Mounts and serves; `warn` gets what is worth telling and no failure. */
export async function serveMount(order: MountOrder, warn: (message: string) => void): Promise<Served> {
  const { point, daemon, log, jobs } = order
  const lake = openLake(order.lake)
  await requireLake(lake)
  const scan = createScanService({ lake: order.lake, jobs, warn })
  const readers = createReaders({ wrap: (source) => withDiskCache(source) })
  const vfs = createVfs(lake, readers, { indexOf: indexesOf(scan.context) })
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const session = serveFuse(vfs, attachFuse(point, mountOptions(uid)), { uid, gid })
  try {
    await readAhead(point)
    const { pid } = process
    await writeRecord({
      point,
      lake: lake.url,
      pid,
      since: new Date().toISOString(),
      log: daemon ? log : null,
    })
  } catch (error) {
    await detach(point, { lazy: true })
    throw error
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeAll())
  async function closeAll(): Promise<void> {
    await removeRecord(point, process.pid)
    await vfs.close()
    await readers.close()
    await scan.close()
    await closeStores()
  }
  const ended = session.ended.finally(close)
  // Told to whoever waits for it; a stop that comes first ends the process anyway.
  ended.catch(() => undefined)
  return {
    lake: lake.url,
    ended,
    async stop() {
      if ((await mountedAt(point)) !== undefined && (await detach(point)) === 'busy')
        await detach(point, { lazy: true })
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)))
      await Promise.race([ended, patience])
      clearTimeout(timer)
      await close()
    },
  }
}

/**
 * Lets the kernel read ahead by 1 MiB, which is our largest request, instead of 128 KiB: an eighth of the requests for
 * the same bytes, and a third less of our time. A random read is widened by none of them. Only root may; it only costs
 * speed.
 */
async function readAhead(point: string): Promise<void> {
  const { dev } = await stat(point)
  const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)]
  try {
    await writeFile(`/sys/class/bdi/${major}:${minor}/read_ahead_kb`, '1024')
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOENT', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
  }
}

function mountOptions(uid: number): readonly string[] {
  const options = ['ro', 'nosuid', 'nodev', 'default_permissions', 'fsname=varve', 'subtype=varve']
  // Others may look where everyone could read the files; only root may say so without a word in /etc/fuse.conf.
  return uid === 0 ? [...options, 'allow_other'] : options
}
