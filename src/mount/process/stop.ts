import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { VarveError } from '../../errors.ts'
import { detach } from './detach.ts'
import { isDead, pointOf } from './point.ts'
import { isRunning, listMounts, type MountInfo, removeRecord } from './registry.ts'
import { MOUNT_TYPE, mountedAt } from './table.ts'

export interface UnmountOptions {
  /** Also while files of it are open: their readers get errors. */
  readonly force?: boolean | undefined
}

/** How long the process of an unmounted tree may take to end. */
const PATIENCE_MS = 10_000

/** Unmounts a folder: `not-found` when varve has mounted nothing there, `conflict` while it is in use. */
export async function stopMount(
  folder: string,
  { force = false }: UnmountOptions = {},
): Promise<Pick<MountInfo, 'point'>> {
  const point = await pointOf(folder)
  const mount = (await listMounts()).find((one) => one.point === point)
  const mounted = await mountedAt(point)
  if (mounted?.type !== MOUNT_TYPE)
    throw new VarveError('not-found', `nothing is mounted on ${point} by varve`, { path: point })
  const lazy = force || (await isDead(point))
  if ((await detach(point, { lazy })) === 'busy') {
    const message = `${point} is in use: close what has files or a working directory there, or use --force`
    throw new VarveError('conflict', message, { path: point })
  }
  if (mount !== undefined) await untilGone(mount.pid, lazy)
  await removeRecord(point, mount?.pid)
  return { point }
}

async function untilGone(pid: number, hurry: boolean): Promise<void> {
  if (hurry && (await isOurs(pid))) process.kill(pid, 'SIGTERM')
  const until = performance.now() + PATIENCE_MS
  while ((await isOurs(pid)) && performance.now() < until) await pause(20)
}

/** Whether the process is one that serves a mount: a number is given again after a process has ended. */
async function isOurs(pid: number): Promise<boolean> {
  if (!isRunning(pid)) return false
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return words.includes('mount-process')
}
