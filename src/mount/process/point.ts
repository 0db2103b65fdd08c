/** Mount points: an empty folder, or one that a dead mount left. */

import { mkdir, readdir, realpath, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { VarveError } from '../../errors.ts'
import { detach } from './detach.ts'
import { MOUNT_TYPE, mountedAt } from './table.ts'

/** A mount point as the kernel names it. Its own last part is not looked at: asking a dead mount fails. */
export async function pointOf(folder: string): Promise<string> {
  const path = resolve(folder)
  const parent = await realpath(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return dirname(path)
    throw badPoint(path, error)
  })
  return path === '/' ? path : join(parent, basename(path))
}

/** Makes sure that `point` is an empty folder; unmounts what a killed process left there. */
export async function preparePoint(point: string): Promise<void> {
  const mounted = await mountedAt(point)
  if (mounted?.type === MOUNT_TYPE && (await isDead(point))) {
    await detach(point, { lazy: true })
    return preparePoint(point)
  }
  if (mounted !== undefined)
    throw new VarveError('conflict', `${point} is mounted already (${mounted.type})`, { path: point })
  try {
    await mkdir(point, { recursive: true })
    const [first] = await readdir(point)
    if (first === undefined) return
  } catch (error) {
    throw badPoint(point, error as NodeJS.ErrnoException)
  }
  throw new VarveError('invalid-input', `${point} is not empty, expected an empty folder to mount on`, {
    path: point,
  })
}

/** Whether the process behind a mount is gone: "Transport endpoint is not connected". */
export async function isDead(point: string): Promise<boolean> {
  try {
    // Not stat, which the kernel may answer from what it remembers.
    await statfs(point)
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOTCONN' || code === 'ECONNABORTED'
  }
}

function badPoint(path: string, error: NodeJS.ErrnoException): VarveError {
  const { code, message } = error
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return new VarveError('invalid-input', `${path} is no folder, expected one to mount on`, { path }, error)
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return new VarveError(
    denied ? 'denied' : 'invalid-input',
    `${path} cannot be mounted on: ${message}`,
    { path },
    error,
  )
}
