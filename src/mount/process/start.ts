/** Starts the process that serves a mount, and stops it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorFromJson, isVarveError, throwIfAborted, VarveError } from '../../errors.ts'
import { threadUrl } from '../../threads.ts'
import { detach } from './detach.ts'
import { withoutExpected } from './log.ts'
import type { FromProcess, MountOrder, ToProcess } from './messages.ts'
import { isDead, isTaken, pointOf, preparePoint, removeMade } from './point.ts'
import { type MountRecord, mountFolder, recordName } from './registry.ts'
import { requireFuse } from './requirements.ts'
import { MOUNT_TYPE, mountedAt } from './table.ts'

export interface MountOptions {
  readonly lake: string
  /** In the background: the mount stays when this process ends. */
  readonly daemon?: boolean | undefined
  /** Decoding threads, for slices. */
  readonly jobs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Gets what the process writes on its stderr; not called for one in the background, which has a log. */
  readonly onOutput?: ((text: string) => void) | undefined
}

export interface Mounted extends Omit<MountRecord, 'since'> {
  /** Resolves when it is unmounted, by whomever; rejects when its process failed. */
  readonly ended: Promise<void>
  /** Unmounts it, also while it is in use. */
  stop(): Promise<void>
}

/** Threads of Node's pool: two wait for the kernel, the others read what is kept on the disk. */
const POOL_THREADS = '8'
const STOP_MS = 15_000

/** Mounts a lake on a folder; resolves when it can be used. */
export async function startMount(folder: string, options: MountOptions): Promise<Mounted> {
  throwIfAborted(options.signal)
  requireFuse()
  const point = await pointOf(folder)
  const made = await preparePoint(point)
  try {
    return await startAt(point, options)
  } catch (error) {
    const taken = isVarveError(error, 'unavailable') ? await mountedAt(point) : undefined
    await removeMade(point, made)
    // Somebody mounted there meanwhile.
    throw taken?.type === MOUNT_TYPE ? isTaken(point, taken.type) : error
  }
}

async function startAt(point: string, options: MountOptions): Promise<Mounted> {
  const { daemon = false, signal } = options
  const log = daemon ? join(await mountFolder(), `${recordName(point)}.log`) : null
  const child = startProcess(log, options.onOutput)
  const order: MountOrder = { type: 'mount', point, lake: options.lake, daemon, log, jobs: options.jobs }
  const stop = (): Promise<void> => stopProcess(child, point)
  const onAbort = (): void => void stop().catch(() => child.kill('SIGKILL'))
  signal?.addEventListener('abort', onAbort, { once: true })
  const { mounted, ended } = listen(child, point)
  child.send(order satisfies ToProcess)
  try {
    const { pid, lake } = await mounted
    if (daemon) {
      child.disconnect()
      child.unref()
    }
    return { point, lake, pid, log, ended, stop }
  } catch (error) {
    throwIfAborted(signal)
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function startProcess(log: string | null, onOutput: ((text: string) => void) | undefined): ChildProcess {
  const output = log === null ? 'pipe' : openSync(log, 'a', 0o600)
  try {
    const child = spawn(process.execPath, [fileURLToPath(threadUrl('mount-process'))], {
      env: { ...process.env, UV_THREADPOOL_SIZE: POOL_THREADS },
      stdio: ['ignore', 'ignore', output, 'ipc'],
      // A session of its own: Ctrl-C reaches the program alone, which then stops the mount in order.
      detached: true,
    })
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => onOutput?.(withoutExpected(text)))
    return child
  } finally {
    if (typeof output === 'number') closeSync(output)
  }
}

type MountedMessage = Extract<FromProcess, { type: 'mounted' }>

function listen(
  child: ChildProcess,
  point: string,
): { mounted: Promise<MountedMessage>; ended: Promise<void> } {
  let onMounted: (message: MountedMessage) => void = () => undefined
  let onFailed: (error: unknown) => void = () => undefined
  const mounted = new Promise<MountedMessage>((resolve, reject) => {
    onMounted = resolve
    onFailed = reject
  })
  const ended = new Promise<void>((resolve, reject) => {
    let result: FromProcess | undefined
    child.on('message', (message: FromProcess) => {
      if (message.type === 'mounted') onMounted(message)
      else result = message
    })
    child.on('error', (error) => reject(new VarveError('internal', error.message, {}, error)))
    child.on('exit', (code, signal) => {
      if (result?.type === 'ended') return resolve()
      if (result?.type === 'failed') return reject(errorFromJson(result.error))
      const how = signal ?? `exit code ${code}`
      const message = `the process that serves ${point} ended by itself (${how})`
      clearDead(point).then(() => reject(new VarveError('internal', message, { path: point })), reject)
    })
  })
  ended.then(() => onFailed(new VarveError('aborted', `${point} was unmounted`)), onFailed)
  return { mounted, ended }
}

/** Readers of a mount whose process is gone get errors until it is taken away. */
async function clearDead(point: string): Promise<void> {
  if ((await mountedAt(point))?.type === MOUNT_TYPE && (await isDead(point)))
    await detach(point, { lazy: true })
}

async function stopProcess(child: ChildProcess, point: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  if (child.connected) child.send({ type: 'stop' } satisfies ToProcess)
  else child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(timer)
  await clearDead(point)
}
