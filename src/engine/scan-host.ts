/** The main thread's end of scans: asks the ScanService what the engine thread's callbacks ask for. */

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { errorToJson, toVarveError, VarveError } from '../errors.ts'
import { batchBuffers } from '../formats/batch.ts'
import type { Bound, Progress, ScanService, ScanStream } from '../scan/types.ts'
import { predicatesFor } from './predicates.ts'
import { type FromScans, REPLIES, type ToScans } from './protocol.ts'

export interface ScanHost {
  /** The engine thread's end of the channel, to be moved there. */
  readonly port: MessagePort
  /** A statement starts. */
  begin(): void
  /** A statement is over, or nobody wants it any more: all its scans are closed, at once. */
  end(): void
  /** Of all scans of the statement together. */
  readonly progress: Progress
  /** Whether the statement has scanned anything. */
  readonly scanned: boolean
  /** The first error of the statement's scans, with its cause, for the one that came back through DuckDB. */
  original(message: string): VarveError | undefined
  close(): void
}

interface OpenScan {
  readonly stream: ScanStream
  /** Ends when the last `next` asked for has been answered. */
  tail: Promise<void>
}

/** What belongs to one statement. */
interface Statement {
  readonly abort: AbortController
  readonly bounds: Map<number, Bound>
  readonly scans: Map<number, OpenScan>
  readonly errors: VarveError[]
}

export function openScanHost(service: ScanService, shared: Int32Array): ScanHost {
  const { port1: own, port2: theirs } = new MessageChannel()
  let statement = fresh()
  let finished = true

  const reply = (message: FromScans, transfer: ArrayBuffer[] = []): void => {
    own.postMessage(message, transfer)
    Atomics.add(shared, REPLIES, 1)
    Atomics.notify(shared, REPLIES)
  }

  const keep = (error: unknown, current: Statement): VarveError => {
    const wrapped = toVarveError(error)
    current.errors.push(wrapped)
    return wrapped
  }

  const bind = async (message: Extract<ToScans, { type: 'bind' }>, current: Statement): Promise<void> => {
    try {
      const bound = await service.bind(message.request, current.abort.signal)
      if (current.abort.signal.aborted) {
        service.unbind(bound.id)
        return
      }
      current.bounds.set(bound.id, bound)
      const { id, columns, cardinality } = bound
      reply({ type: 'bound', call: message.call, bound: { id, columns, cardinality } })
    } catch (error) {
      reply({ type: 'unbound', call: message.call, error: errorToJson(keep(error, current)) })
    }
  }

  const scan = (message: Extract<ToScans, { type: 'scan' }>, current: Statement): void => {
    try {
      const bound = current.bounds.get(message.bound)
      if (bound === undefined)
        throw new VarveError('internal', `scan of ${message.bound}, which is not bound`)
      const predicates = predicatesFor(message.hidden, bound)
      const stream = service.scan({ bound: bound.id, columns: message.columns, predicates })
      current.scans.set(message.scan, { stream, tail: Promise.resolve() })
    } catch (error) {
      reply({ type: 'error', scan: message.scan, error: errorToJson(keep(error, current)) })
    }
  }

  const next = async (scanId: number, open: OpenScan, current: Statement): Promise<void> => {
    if (current.abort.signal.aborted) return
    try {
      const batch = await open.stream.next()
      if (current.abort.signal.aborted) return
      if (batch === undefined) reply({ type: 'end', scan: scanId })
      else reply({ type: 'batch', scan: scanId, batch }, batchBuffers(batch))
    } catch (error) {
      if (!current.abort.signal.aborted)
        reply({ type: 'error', scan: scanId, error: errorToJson(keep(error, current)) })
    }
  }

  own.on('message', (message: ToScans) => {
    if (finished) {
      // A view bound beside the statements, by completion: never leave the engine thread waiting.
      if (message.type === 'bind') {
        const error = new VarveError('unavailable', 'no statement is running')
        reply({ type: 'unbound', call: message.call, error: errorToJson(error) })
      }
      return
    }
    if (message.type === 'bind') void bind(message, statement)
    else if (message.type === 'scan') scan(message, statement)
    else {
      const open = statement.scans.get(message.scan)
      if (open === undefined) return
      if (message.type === 'release') open.stream.release(message.batch)
      else {
        const current = statement
        open.tail = open.tail.then(() => next(message.scan, open, current))
      }
    }
  })
  // The session keeps the process alive while a statement runs.
  own.unref()

  return {
    port: theirs,
    begin() {
      statement = fresh()
      finished = false
    },
    end() {
      if (finished) return
      finished = true
      statement.abort.abort()
      for (const { stream } of statement.scans.values()) stream.close()
      for (const id of statement.bounds.keys()) service.unbind(id)
    },
    get progress() {
      let done = 0
      let total = 0
      for (const { stream } of statement.scans.values()) {
        done += stream.progress.done
        total += stream.progress.total
      }
      return { done, total }
    },
    get scanned() {
      return statement.scans.size > 0
    },
    original(message) {
      return statement.errors.find((error) => error.message === message)
    },
    close() {
      own.close()
    },
  }
}

function fresh(): Statement {
  return { abort: new AbortController(), bounds: new Map(), scans: new Map(), errors: [] }
}
