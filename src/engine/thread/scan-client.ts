/**
 * The engine thread's end of scans. DuckDB's callbacks are synchronous, so it posts a request to the main
 * thread and sleeps on a shared counter until the answer is in the port.
 */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { errorFromJson, toVarveError, VarveError } from '../../errors.ts'
import { batchBuffers, type ColumnBatch } from '../../formats/batch.ts'
import {
  ABORT,
  type BindCall,
  type BoundColumns,
  type FromScans,
  REPLIES,
  RUNNING,
  STOP,
  type ToScans,
} from '../protocol.ts'

/** The longest sleep, in milliseconds; a lost wake-up costs no more than this. */
const NAP = 100

/** Batches asked for ahead, once a scan has shown that it wants more than its first one. */
const PREFETCH = 2

/** Thrown out of a wait when nobody wants the rest of the statement. */
export class Enough extends Error {}

export interface ScanClient {
  /** A new statement: what was bound and scanned before is forgotten (the main thread closes it). */
  begin(): void
  /** Binds, once per statement for equal calls; the hidden parameter's value is passed on. */
  bind(call: BindCall, hidden: string | undefined): BoundColumns
  scan(bound: number, columns: readonly number[], hidden: string | undefined): ScanReader
  /** Keeps what a callback failed with, since DuckDB wraps its text; returns the text for DuckDB. */
  fail(error: unknown): string
  /** What the statement's callbacks failed with first. */
  readonly failure: VarveError | undefined
  /** Counts statements, so that a plan kept from an earlier one (PREPARE) can be told apart. */
  readonly statement: number
}

export interface ScanReader {
  /** The next batch that has rows, `undefined` at the end. Gives the one before back. */
  next(): ColumnBatch | undefined
}

export function openScanClient(port: MessagePort, shared: Int32Array): ScanClient {
  const bindings = new Map<string, BoundColumns>()
  const binds = new Map<number, FromScans>()
  const queues = new Map<number, FromScans[]>()
  let calls = 0
  let scans = 0
  let statement = 0
  let failure: VarveError | undefined

  const post = (message: ToScans, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

  const drain = (): void => {
    for (;;) {
      const received = receiveMessageOnPort(port) as { message: FromScans } | undefined
      if (received === undefined) return
      const { message } = received
      if (message.type === 'bound' || message.type === 'unbound') binds.set(message.call, message)
      else queues.get(message.scan)?.push(message)
    }
  }

  const wait = <T>(ready: () => T | undefined): T => {
    for (;;) {
      const seen = Atomics.load(shared, REPLIES)
      drain()
      const value = ready()
      if (value !== undefined) return value
      const stop = Atomics.load(shared, STOP)
      if (stop === ABORT) throw new VarveError('aborted', 'the statement was cancelled')
      if (stop !== RUNNING) throw new Enough()
      Atomics.wait(shared, REPLIES, seen, NAP)
    }
  }

  const bindNew = (request: BindCall): BoundColumns => {
    const call = ++calls
    post({ type: 'bind', call, request })
    const reply = wait(() => binds.get(call))
    binds.delete(call)
    if (reply.type === 'unbound') throw errorFromJson(reply.error)
    if (reply.type !== 'bound') throw new VarveError('internal', `a bind was answered by "${reply.type}"`)
    return reply.bound
  }

  const reader = (scan: number): ScanReader => {
    const queue: FromScans[] = []
    queues.set(scan, queue)
    let asked = 0
    let batches = 0
    let current: ColumnBatch | undefined
    let ended = false
    const ask = (): void => {
      asked++
      post({ type: 'next', scan })
    }
    return {
      next() {
        if (current !== undefined) {
          post({ type: 'release', scan, batch: current }, batchBuffers(current))
          current = undefined
        }
        while (!ended) {
          if (asked === 0) ask()
          const reply = wait(() => queue.shift())
          asked--
          if (reply.type === 'error') {
            ended = true
            throw errorFromJson(reply.error)
          }
          if (reply.type !== 'batch') {
            ended = true
            break
          }
          if (reply.more === true) asked++
          // The first batch may be all that a LIMIT needs: ask ahead only after it.
          else if (++batches > 1) while (asked < PREFETCH) ask()
          if (reply.batch.rows > 0) {
            current = reply.batch
            return current
          }
          post({ type: 'release', scan, batch: reply.batch }, batchBuffers(reply.batch))
        }
        return undefined
      },
    }
  }

  return {
    get statement() {
      return statement
    },
    get failure() {
      return failure
    },
    fail(error) {
      const wrapped = toVarveError(error)
      failure ??= wrapped
      return wrapped.message.replaceAll('\0', '\\0')
    },
    begin() {
      statement++
      failure = undefined
      bindings.clear()
      binds.clear()
      queues.clear()
      drain()
    },
    bind(request, hidden) {
      const key = JSON.stringify(request, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
      const bound = bindings.get(key) ?? bindNew(request)
      bindings.set(key, bound)
      if (hidden !== undefined) post({ type: 'told', bound: bound.id, hidden })
      return bound
    },
    scan(bound, columns, hidden) {
      const scan = ++scans
      const opened = reader(scan)
      post({ type: 'scan', scan, bound, columns, hidden })
      return opened
    },
  }
}
