/** The scan layer as its callers see it: bind, scan, unbind. */

import { VarveError } from '../errors.ts'
import { IndexHome } from '../index/location.ts'
import { knownOptions } from './arguments.ts'
import type { NameResolver, ScanContext } from './context.ts'
import { ExpectedFiles } from './expected.ts'
import { SCAN_FUNCTIONS } from './functions/index.ts'
import type { BoundCall, ScanFunction } from './functions/types.ts'
import { FileMemory } from './memory.ts'
import { OpenedFiles } from './opened.ts'
import { WorkerPool } from './pool.ts'
import { prepareFor } from './prepare.ts'
import type { BindRequest, Bound, ScanRequest, ScanService, ScanStream } from './types.ts'

export interface ScanServiceOptions {
  /** The lake's URL: indexes are kept in it when it exists. */
  readonly lake: string
  /** Decoding threads; default the number of cores. */
  readonly jobs?: number | undefined
  /** Threads that services share, in place of its own; whoever made them closes them. */
  readonly pool?: WorkerPool | undefined
  /** Gets what is worth telling and no failure. Default: nobody is told. */
  readonly warn?: ((message: string) => void) | undefined
  /** Table functions beside the scan layer's own. */
  readonly functions?: readonly ScanFunction[] | undefined
  /** Names that stand for objects somewhere else. */
  readonly names?: NameResolver | undefined
}

export interface LocalScanService extends ScanService {
  readonly context: ScanContext
}

export function createScanService(options: ScanServiceOptions): LocalScanService {
  const memory = new FileMemory()
  const expected = new ExpectedFiles(memory, options.names)
  const context: ScanContext = {
    home: new IndexHome({ lake: options.lake }),
    pool: options.pool ?? new WorkerPool(options.jobs),
    memory,
    expected,
    rejects: [],
    warn: options.warn ?? (() => undefined),
    names: options.names,
  }
  const functions = new Map([...SCAN_FUNCTIONS, ...(options.functions ?? [])].map((one) => [one.name, one]))
  const calls = new Map<number, { call: BoundCall; streams: Set<ScanStream> }>()
  let nextId = 1

  const statements = new WeakMap<AbortSignal, OpenedFiles>()
  const openedIn = (signal: AbortSignal): OpenedFiles => {
    const opened = statements.get(signal) ?? new OpenedFiles()
    statements.set(signal, opened)
    return opened
  }

  const find = (id: number) => {
    const found = calls.get(id)
    if (found === undefined) throw new VarveError('internal', `scan ${id} is not bound`)
    return found
  }

  const unbind = (id: number): void => {
    const found = calls.get(id)
    if (found === undefined) return
    calls.delete(id)
    for (const stream of found.streams) stream.close()
    found.call.close?.().catch((error: Error) => context.warn(error.message))
  }

  return {
    context,

    prepare: (texts) => prepareFor(texts, context.pool),

    expect: (texts, conditions, signal) => expected.expect(texts, conditions, signal),

    async bind(request: BindRequest, signal?: AbortSignal): Promise<Bound> {
      const known = functions.get(request.name)
      if (known === undefined) throw new VarveError('invalid-input', `unknown table function ${request.name}`)
      const named = knownOptions(known, request.named)
      const opened = signal && openedIn(signal)
      const call = await known.bind({ ...request, named }, { ...context, opened }, signal)
      const id = nextId++
      calls.set(id, { call, streams: new Set() })
      return { id, columns: call.columns, zones: call.zones, cardinality: call.cardinality }
    },

    scan({ bound, columns, predicates, fields }: ScanRequest): ScanStream {
      const { call, streams } = find(bound)
      const stream = call.open(columns, predicates, fields)
      streams.add(stream)
      return stream
    },

    async explain({ bound, columns, predicates }, signal) {
      return find(bound).call.explain?.(columns, predicates, signal)
    },

    unbind,

    async close(): Promise<void> {
      for (const id of [...calls.keys()]) unbind(id)
      if (options.pool === undefined) await context.pool.close()
    },
  }
}
