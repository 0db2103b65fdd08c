/** The mounts of this user, as files in the cache folder; the kernel's table says which of them are true. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VarveError } from '../../errors.ts'
import { cacheFolder } from '../../store/index.ts'
import { MOUNT_TYPE, mountTable } from './table.ts'

export interface MountRecord {
  readonly point: string
  /** The lake's URL. */
  readonly lake: string
  /** Of the process that serves it. */
  readonly pid: number
  /** RFC 3339. */
  readonly since: string
  /** Where a mount in the background writes what it has to say; null for one in the foreground. */
  readonly log: string | null
}

export interface MountInfo extends MountRecord {
  /** `dead`: mounted, but the process is gone; mounting there again, or unmounting it, clears it. */
  readonly state: 'mounted' | 'dead'
}

/** Where records and logs are; made with mode 0700. */
export async function mountFolder(): Promise<string> {
  const folder = join(cacheFolder(), 'mounts')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error
    const where = `mounts are on record in ${folder}, which cannot be written (${message})`
    throw new VarveError('denied', `${where}: set VARVE_CACHE to another folder`, { path: folder }, error)
  }
  return folder
}

/** The name that a mount point's record and log share. */
export function recordName(point: string): string {
  return createHash('sha256').update(point).digest('hex').slice(0, 32)
}

const recordPath = async (point: string): Promise<string> =>
  join(await mountFolder(), `${recordName(point)}.json`)

export async function writeRecord(record: MountRecord): Promise<void> {
  const path = await recordPath(record.point)
  const aside = `${path}.${process.pid}.tmp`
  await writeFile(aside, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  await rename(aside, path)
}

/** Takes a record away; `pid`: only that process's, as another may have mounted there since. */
export async function removeRecord(point: string, pid?: number): Promise<void> {
  const path = await recordPath(point)
  if (pid !== undefined && (await readRecord(path))?.pid !== pid) return
  await rm(path, { force: true })
}

/** The mounts that there are, in order of their paths; records of mounts that are gone are taken away. */
export async function listMounts(): Promise<readonly MountInfo[]> {
  const folder = await mountFolder()
  const points = new Set(
    (await mountTable()).filter(({ type }) => type === MOUNT_TYPE).map(({ point }) => point),
  )
  const found: MountInfo[] = []
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue
    const record = await readRecord(join(folder, name))
    if (record === undefined) continue
    if (points.has(record.point)) found.push({ ...record, state: isRunning(record.pid) ? 'mounted' : 'dead' })
    else if (!isRunning(record.pid)) await rm(join(folder, name), { force: true })
  }
  return found.sort((a, b) => (a.point < b.point ? -1 : 1))
}

/** Undefined: none, or something else that lies there. */
async function readRecord(path: string): Promise<MountRecord | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { point, lake, pid, since, log } = JSON.parse(text) as Record<string, unknown>
    if (typeof point !== 'string' || typeof lake !== 'string' || typeof since !== 'string') return undefined
    if (!Number.isSafeInteger(pid) || Number(pid) <= 1) return undefined
    return { point, lake, pid: Number(pid), since, log: typeof log === 'string' ? log : null }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether a process runs: one that has ended, and whose parent has not asked how, does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return false
    throw error
  }
}
