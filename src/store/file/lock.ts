import { createHash, randomBytes } from 'node:crypto'
import { open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { sleep } from '../../bytes/retry.ts'
import { VarveError } from '../../errors.ts'
import { errnoOf } from './errors.ts'

/** A lock is held for a look and a rename: one this old belongs to a process that died on another machine. */
const FORGOTTEN_MS = 30_000
const GIVE_UP_MS = 60_000

const queues = new Map<string, Promise<unknown>>()

/**
 * Runs `work` while no other writer, of this process or another one, holds the lock of `path`.
 *
 * The lock is a file created exclusively beside it. Rejected: `flock`, which node does not have, and a lock per
 * store, which would make unrelated writers wait.
 */
export function withLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const turn = (queues.get(path) ?? Promise.resolve()).then(() => locked(path, signal, work))
  const settled = turn.catch(() => {})
  queues.set(path, settled)
  void settled.then(() => {
    if (queues.get(path) === settled) queues.delete(path)
  })
  return turn
}

async function locked<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const name = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)
  const lock = join(dirname(path), `.varve-${name}.lock`)
  const token = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`
  const began = performance.now()
  while (!(await take(lock, token))) {
    await breakForgotten(lock)
    if (performance.now() - began > GIVE_UP_MS)
      throw new VarveError('unavailable', `file://${path} is locked by another writer (${lock})`, {
        path,
        lock,
      })
    await sleep(1 + Math.random() * 10, signal)
  }
  try {
    return await work()
  } finally {
    await unlink(lock).catch(() => {})
  }
}

async function take(lock: string, token: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o600)
    await file.writeFile(token).finally(() => file.close())
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Moves a lock away whose owner cannot be at work any more; of several who try, one succeeds. */
async function breakForgotten(lock: string): Promise<void> {
  try {
    const [token, facts] = [await readFile(lock, 'utf8'), await stat(lock)]
    const [host, pid] = token.split(' ')
    const dead = host === hostname() && pid !== undefined && !isAlive(Number(pid))
    if (!dead && Date.now() - facts.mtimeMs < FORGOTTEN_MS) return
    const aside = `${lock.slice(0, -'.lock'.length)}-${randomBytes(8).toString('hex')}.tmp`
    await rename(lock, aside)
    await unlink(aside)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}
