/** The main thread's handle on the engine thread: messages out, answers as promises. */

import { errorFromJson, VarveError } from '../errors.ts'
import type { TableFunction } from '../scan/types.ts'
import { fromDuckdb } from './duckdb-errors.ts'
import { takeThread } from './early.ts'
import {
  type ABORT,
  type ENOUGH,
  type EngineData,
  type FromEngine,
  REPLIES,
  type RUNNING,
  SLOTS,
  STOP,
  type Suggestion,
  type ToEngine,
} from './protocol.ts'
import type { ScanHost } from './scan-host.ts'

/** What a running statement says. */
export type StatementMessage = Extract<FromEngine, { type: 'result' | 'batch' | 'end' | 'failed' }>

export interface Engine {
  post(message: ToEngine): void
  /** Who hears of the running statement; one at a time. */
  listen(listener: (message: StatementMessage) => void): void
  /** The stop flag that the callbacks of the engine thread look at. */
  setStop(stop: typeof RUNNING | typeof ABORT | typeof ENOUGH): void
  serialize(sql: string): Promise<string | undefined>
  complete(text: string): Promise<readonly Suggestion[]>
  /** Rejects when the database cannot be opened. */
  readonly ready: Promise<void>
  /** Keeps the process alive, or lets it end. */
  hold(busy: boolean): void
  close(): Promise<void>
}

export interface EngineOptions {
  readonly database: string
  readonly settings: Readonly<Record<string, string>>
  readonly functions: readonly TableFunction[]
}

export function startEngine(
  options: EngineOptions,
  shared: Int32Array<SharedArrayBuffer>,
  host: ScanHost,
): Engine {
  const worker = takeThread()
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let listener: (message: StatementMessage) => void = () => undefined
  let lastCall = 0
  let holds = 0
  let dead: VarveError | undefined
  let settle: { resolve(): void; reject(error: unknown): void }
  const ready = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  ready.catch(() => undefined)
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))

  const die = (error: VarveError): void => {
    dead ??= error
    settle.reject(dead)
    for (const call of calls.values()) call.reject(dead)
    calls.clear()
    listener({ type: 'failed', message: dead.message, error: dead })
  }

  worker.on('message', (message: FromEngine) => {
    switch (message.type) {
      case 'ready':
        return settle.resolve()
      case 'broken':
        return die(fromDuckdb(message.message))
      case 'serialized':
        calls.get(message.call)?.resolve(message.json)
        return calls.delete(message.call)
      case 'completed':
        calls.get(message.call)?.resolve(message.suggestions)
        return calls.delete(message.call)
      default:
        return listener(message)
    }
  })
  worker.on('error', (error: Error) =>
    die(new VarveError('internal', `the engine thread failed: ${error.message}`, {}, error)),
  )
  worker.on('exit', () => die(new VarveError('internal', 'the engine thread has ended')))
  // A session that nothing is asked of keeps no process alive. After `on`, which takes hold of it again.
  worker.unref()
  const data: EngineData = { ...options, scans: host.port, shared: shared.buffer }
  worker.postMessage({ type: 'open', data } satisfies ToEngine, [host.port])

  const ask = async <T>(make: (call: number) => ToEngine): Promise<T> => {
    if (dead !== undefined) throw dead
    await ready
    const call = ++lastCall
    const answer = new Promise<unknown>((resolve, reject) => calls.set(call, { resolve, reject }))
    worker.postMessage(make(call))
    return (await answer) as T
  }

  return {
    ready,
    post(message) {
      if (dead === undefined) worker.postMessage(message)
      else queueMicrotask(() => listener({ type: 'failed', message: dead!.message, error: dead! }))
    },
    listen(next) {
      listener = next
    },
    setStop(stop) {
      Atomics.store(shared, STOP, stop)
      Atomics.add(shared, REPLIES, 1)
      Atomics.notify(shared, REPLIES)
    },
    serialize: (sql) => ask((call) => ({ type: 'serialize', call, sql })),
    complete: (text) => ask((call) => ({ type: 'complete', call, text })),
    hold(busy) {
      holds += busy ? 1 : -1
      if (holds > 0) worker.ref()
      else worker.unref()
    },
    async close() {
      if (dead === undefined) {
        worker.ref()
        worker.postMessage({ type: 'close' } satisfies ToEngine)
      }
      await exited
      host.close()
    },
  }
}

export function newShared(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT))
}

/** A statement's failure as it shall be thrown. */
export function failureOf(message: Extract<FromEngine, { type: 'failed' }>, host: ScanHost): VarveError {
  if (message.error === undefined) return fromDuckdb(message.message)
  return host.original(message.error.message) ?? errorFromJson(message.error)
}
