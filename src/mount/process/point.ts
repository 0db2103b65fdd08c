/** Mount points: an empty folder, or one that a dead mount left. */

import { mkdir, readdir, readlink, realpath, rmdir, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { VarveError } from '../../errors.ts'
import { detach } from './detach.ts'
import { MOUNT_TYPE, mountedAt, mountTable } from './table.ts'

/** A mount point as the kernel names it: without links, also where it is missing or a dead mount. */
export async function pointOf(folder: string): Promise<string> {
  if (folder === '') throw new VarveError('invalid-input', 'an empty name is no folder to mount on', {})
  const path = resolve(folder)
  try {
    return await realpath(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return join(await realParent(path), basename(path))
    if (!DEAD.includes(code ?? '')) throw badPoint(path, error as NodeJS.ErrnoException)
    // Asking a dead mount fails; its name and the links to it are in the folder above.
    const point = join(await realParent(path), basename(path))
    const target = await targetOf(point)
    return target === undefined ? point : pointOf(resolve(dirname(point), target))
  }
}

async function realParent(path: string): Promise<string> {
  const parent = dirname(path)
  return realpath(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return parent
    throw badPoint(path, error)
  })
}

/** Where a link leads; undefined for what is none. */
async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EINVAL' || DEAD.includes(code)) return undefined
    throw badPoint(path, error as NodeJS.ErrnoException)
  }
}

/**
 * Makes sure that `point` is an empty folder; unmounts what a killed process left there.
 *
 * @returns the outermost folder that was made for it, undefined when all were there: for `removeMade`
 */
export async function preparePoint(point: string): Promise<string | undefined> {
  const mounted = await mountedAt(point)
  if (mounted?.type === MOUNT_TYPE && (await isDead(point))) {
    await detach(point, { lazy: true })
    return preparePoint(point)
  }
  if (mounted !== undefined) throw isTaken(point, mounted.type)
  await refuseInside(point)
  let made: string | undefined
  try {
    made = await mkdir(point, { recursive: true })
    const [first] = await readdir(point)
    if (first === undefined) return made
  } catch (error) {
    throw badPoint(point, error as NodeJS.ErrnoException)
  }
  throw new VarveError('invalid-input', `${point} is not empty, expected an empty folder to mount on`, {
    path: point,
  })
}

/** Takes away the folders that were made for a mount that failed, as far as nobody else has put them to use. */
export async function removeMade(point: string, made: string | undefined): Promise<void> {
  if (made === undefined) return
  try {
    for (let folder = point; folder.length >= made.length; folder = dirname(folder)) await rmdir(folder)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOTEMPTY', 'EBUSY', 'ENOENT', ...DEAD].includes(code)) throw error
  }
}

export function isTaken(point: string, type: string): VarveError {
  return new VarveError('conflict', `${point} is mounted already (${type})`, { path: point })
}

/** A mount within a mount would keep the outer one in use, and its place may be gone with the next version. */
async function refuseInside(point: string): Promise<void> {
  const outer = (await mountTable()).find(
    (entry) => entry.type === MOUNT_TYPE && point.startsWith(`${entry.point}/`),
  )
  if (outer === undefined) return
  const message = `${point} is in the mount ${outer.point}, which is read-only`
  throw new VarveError('read-only', message, { path: point, mount: outer.point })
}

/** What asking a mount gives whose process is gone: "Transport endpoint is not connected". */
const DEAD: readonly string[] = ['ENOTCONN', 'ECONNABORTED']

/** Whether the process behind a mount is gone. */
export async function isDead(point: string): Promise<boolean> {
  try {
    // Not stat, which the kernel may answer from what it remembers.
    await statfs(point)
    return false
  } catch (error) {
    return DEAD.includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

function badPoint(path: string, error: NodeJS.ErrnoException): VarveError {
  const { code, message } = error
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return new VarveError('invalid-input', `${path} is no folder, expected one to mount on`, { path }, error)
  const kind =
    code === 'EROFS' ? 'read-only' : code === 'EACCES' || code === 'EPERM' ? 'denied' : 'invalid-input'
  return new VarveError(kind, `${path} cannot be mounted on: ${message}`, { path }, error)
}
