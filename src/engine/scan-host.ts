/** The main thread's end of scans: asks the ScanService what the engine thread's callbacks ask for. */

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { errorToJson, toVarveError, VarveError } from '../errors.ts'
import { batchBuffers } from '../formats/batch.ts'
import type { Constant } from '../scan/constants.ts'
import type { BindRequest, Bound, Predicate, Progress, ScanService, ScanStream } from '../scan/types.ts'
import { type Hidden, parseHidden } from './hidden.ts'
import { fieldsFor, predicatesFor } from './predicates.ts'
import { type FromScans, REPLIES, type ToScans } from './protocol.ts'
import { ScansAhead } from './scans-ahead.ts'

export interface ScanHost {
  /** The engine thread's end of the channel, to be moved there. */
  readonly port: MessagePort
  /** A statement starts. */
  begin(options?: StatementOptions): void
  /** A statement is over, or nobody wants it any more: all its scans are closed, at once. */
  end(): void
  /** Of all scans of the statement together. */
  readonly progress: Progress
  /** Whether the statement has scanned anything. */
  readonly scanned: boolean
  /** The scans that a statement with `explain` has bound, in order; they stay bound until `forget`. */
  readonly explained: readonly ExplainedScan[]
  forget(): void
  /** The first error of the statement's scans, with its cause, for the one that came back through DuckDB. */
  original(message: string): VarveError | undefined
  close(): void
}

export interface StatementOptions {
  /** False: scans prune by nothing, whatever they are told. Default true. */
  readonly pushdown?: boolean | undefined
  /** What EXECUTE gives to the parameters of its PREPARE. */
  readonly params?: ReadonlyMap<string, Constant> | undefined
  /** Nothing is to be scanned: what is bound is wanted. */
  readonly explain?: boolean | undefined
}

export interface ExplainedScan {
  readonly request: BindRequest
  readonly bound: Bound
  readonly hidden: Hidden
  readonly predicates: readonly Predicate[]
}

interface OpenScan {
  readonly stream: ScanStream
  /** Ends when the last `next` asked for has been answered. */
  tail: Promise<void>
}

/** What belongs to one statement. */
interface Statement {
  readonly options: StatementOptions
  readonly abort: AbortController
  readonly bounds: Map<number, Bound>
  readonly requests: Map<number, BindRequest>
  /** What calls were told, by what they are bound to. */
  readonly told: { readonly bound: number; readonly hidden: Hidden }[]
  readonly scans: Map<number, OpenScan>
  readonly ahead: ScansAhead
  readonly errors: VarveError[]
}

const RUNS_TO_PLAN = 'a statement that must read rows to be planned (PIVOT) cannot be explained'

/** Why scans are aborted; one for all, as making one takes as long as a small batch. */
const OVER = new VarveError('aborted', 'the statement is over')

export function openScanHost(service: ScanService, shared: Int32Array): ScanHost {
  const { port1: own, port2: theirs } = new MessageChannel()
  let statement = fresh({})
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
      current.requests.set(bound.id, message.request)
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
      if (current.options.explain === true) throw new VarveError('unsupported', RUNS_TO_PLAN)
      const hidden = parseHidden(message.hidden)
      const predicates = predicatesOf(hidden, bound, current)
      const fields = current.options.pushdown === false ? undefined : fieldsFor(hidden, bound)
      const request = { bound: bound.id, columns: message.columns, predicates }
      const stream = service.scan(fields === undefined ? request : { ...request, fields })
      current.scans.set(message.scan, { stream, tail: Promise.resolve() })
      current.ahead.opened(stream)
    } catch (error) {
      reply({ type: 'error', scan: message.scan, error: errorToJson(keep(error, current)) })
    }
  }

  const next = async (scanId: number, open: OpenScan, current: Statement): Promise<void> => {
    if (current.abort.signal.aborted) return
    current.ahead.asked(open.stream)
    try {
      for (;;) {
        const batch = await open.stream.next()
        if (current.abort.signal.aborted) return
        if (batch === undefined) return reply({ type: 'end', scan: scanId })
        const more = open.stream.coming === true
        reply({ type: 'batch', scan: scanId, batch, more }, batchBuffers(batch))
        if (!more) return
      }
    } catch (error) {
      if (!current.abort.signal.aborted)
        reply({ type: 'error', scan: scanId, error: errorToJson(keep(error, current)) })
    }
  }

  const unbind = ({ bounds }: Statement): void => {
    for (const id of bounds.keys()) service.unbind(id)
    bounds.clear()
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
    else if (message.type === 'told')
      statement.told.push({ bound: message.bound, hidden: parseHidden(message.hidden) })
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
    begin(options = {}) {
      statement = fresh(options)
      finished = false
    },
    end() {
      if (finished) return
      finished = true
      statement.abort.abort(OVER)
      for (const { stream } of statement.scans.values()) stream.close()
      if (statement.options.explain !== true) unbind(statement)
    },
    get explained() {
      return explainedOf(statement)
    },
    forget: () => unbind(statement),
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

function fresh(options: StatementOptions): Statement {
  return {
    options,
    abort: new AbortController(),
    bounds: new Map(),
    requests: new Map(),
    told: [],
    scans: new Map(),
    ahead: new ScansAhead(),
    errors: [],
  }
}

function predicatesOf(hidden: Hidden, bound: Bound, { options, bounds, told }: Statement): Predicate[] {
  if (options.pushdown === false) return []
  const scans = new Map<number, Bound>()
  for (const other of told) {
    const its = bounds.get(other.bound)
    if (other.hidden.scan !== undefined && its !== undefined) scans.set(other.hidden.scan, its)
  }
  return predicatesFor(hidden, bound, { scans, params: options.params ?? new Map() })
}

/** Each call once that was told something, then those that could not be told anything. */
function explainedOf(statement: Statement): ExplainedScan[] {
  const { bounds, requests, told } = statement
  const silent = [...bounds.keys()].filter((id) => told.every(({ bound }) => bound !== id))
  const calls = [...told, ...silent.map((bound) => ({ bound, hidden: parseHidden(undefined) }))]
  return calls.flatMap(({ bound: id, hidden }) => {
    const bound = bounds.get(id)
    const request = requests.get(id)
    if (bound === undefined || request === undefined) return []
    return [{ request, bound, hidden, predicates: predicatesOf(hidden, bound, statement) }]
  })
}
