/** A ScanService over tables in memory that writes down what it is asked, and is slow or fails on demand. */

import { VarveError } from '../../src/errors.ts'
import type { ColumnBatch, Field } from '../../src/formats/batch.ts'
import { type Value, vectorFrom } from '../../src/formats/values.ts'
import type {
  BindRequest,
  Bound,
  Predicate,
  ScanRequest,
  ScanService,
  ScanStream,
  TableFunction,
} from '../../src/scan/types.ts'

export interface FakeTable {
  readonly columns: readonly Field[]
  /** Rows of plain values, or whole batches of all columns made anew by each scan. */
  readonly rows?: readonly (readonly Value[])[]
  readonly batches?: () => Iterable<ColumnBatch>
  /** Rows per batch; default 2048. */
  readonly batchRows?: number
  readonly zones?: readonly string[]
  readonly cardinality?: Bound['cardinality']
  /** Milliseconds before each batch; `Infinity` never answers. */
  readonly delay?: number
  readonly bindDelay?: number
  readonly bindError?: Error
  /** The batches after the first one are on their way. */
  readonly coming?: boolean
  /** Thrown instead of the batch of this number. */
  readonly fail?: { readonly batch: number; readonly error: Error }
}

export interface FakeScan extends ScanService {
  readonly binds: BindRequest[]
  readonly scans: { readonly columns: readonly number[]; readonly predicates: readonly Predicate[] }[]
  readonly counts: { nexts: number; closed: number; released: number; open: number; unbound: number }
  /** What was asked of the streams, each by the number of its scan: `a3` to begin, `n3` for a batch. */
  readonly asked: string[]
}

/** Tables by the first argument of whatever function is called. */
export function fakeScan(tables: Readonly<Record<string, FakeTable>>): FakeScan {
  const bounds = new Map<number, FakeTable>()
  const counts = { nexts: 0, closed: 0, released: 0, open: 0, unbound: 0 }
  const binds: BindRequest[] = []
  const scans: FakeScan['scans'] = []
  const asked: string[] = []
  let last = 0
  return {
    binds,
    scans,
    counts,
    asked,
    async bind(request, signal) {
      binds.push(request)
      const path = JSON.stringify(request.args[0])
      const key = Array.isArray(request.args[0]) ? String(request.args[0][0]) : String(request.args[0])
      const table = tables[key]
      if (table === undefined) throw new VarveError('not-found', `${path} does not exist`, { uri: key })
      await pause(table.bindDelay ?? 0, signal)
      if (table.bindError !== undefined) throw table.bindError
      const id = ++last
      bounds.set(id, table)
      return { id, columns: table.columns, zones: table.zones ?? [], cardinality: table.cardinality }
    },
    scan(request: ScanRequest): ScanStream {
      const table = bounds.get(request.bound)
      if (table === undefined)
        throw new VarveError('internal', `scan of ${request.bound}, which is not bound`)
      scans.push({ columns: request.columns, predicates: request.predicates })
      const scan = scans.length
      counts.open++
      const closed = new AbortController()
      const source = batchesOf(table)[Symbol.iterator]()
      let number = 0
      const progress = { done: 0, total: 100 }
      return {
        progress,
        ahead() {
          asked.push(`a${scan}`)
        },
        coming: table.coming === true,
        async next() {
          asked.push(`n${scan}`)
          if (closed.signal.aborted) throw new Error('next() after close()')
          counts.nexts++
          await pause(table.delay ?? 0, closed.signal)
          if (table.fail?.batch === number) throw table.fail.error
          number++
          const { value, done } = source.next() as IteratorResult<ColumnBatch, undefined>
          progress.done = done ? 100 : Math.min(100, progress.done + 10)
          if (done) return undefined
          return { rows: value!.rows, columns: request.columns.map((i) => value!.columns[i]!) }
        },
        release() {
          counts.released++
        },
        close() {
          if (closed.signal.aborted) return
          counts.closed++
          counts.open--
          closed.abort()
        },
      }
    },
    async explain({ bound }) {
      const rows = bounds.get(bound)?.rows?.length
      return { format: 'fake', rowsKept: rows, bytesTotal: 1000, bytesToFetch: 1000, indexed: false }
    },
    unbind(id) {
      counts.unbound++
      bounds.delete(id)
    },
    async close() {},
  }
}

function* batchesOf(table: FakeTable): Generator<ColumnBatch> {
  if (table.batches !== undefined) {
    yield* table.batches()
    return
  }
  const rows = table.rows ?? []
  const step = table.batchRows ?? 2048
  for (let from = 0; from < rows.length; from += step) {
    const part = rows.slice(from, from + step)
    yield {
      rows: part.length,
      columns: table.columns.map(({ type }, i) =>
        vectorFrom(
          type,
          part.map((row) => row[i]!),
        ),
      ),
    }
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new VarveError('aborted', 'the scan was closed'))
    if (signal?.aborted) return stop()
    signal?.addEventListener('abort', stop)
    const go = (): void => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    if (Number.isFinite(ms)) setTimeout(go, ms)
  })
}

/** Signatures as varve's own ones are. */
export const FUNCTIONS: readonly TableFunction[] = [
  {
    name: 'read_auto',
    positional: 1,
    lists: true,
    named: { format: 'text', filename: 'boolean' },
    summary: '',
  },
  {
    name: 'read_fastq',
    positional: 1,
    lists: true,
    named: { filename: 'boolean', skip: 'integer' },
    summary: '',
  },
  {
    name: 'varve_read_csv',
    positional: 1,
    lists: true,
    named: { header: 'any', delim: 'text', columns: 'any' },
    summary: '',
  },
  {
    name: 'slices',
    positional: 1,
    lists: false,
    named: { strategy: 'text', n: 'integer', args: 'any' },
    summary: '',
  },
]

/** A table of reads: id, sequence, quality, record. */
export function readsTable(count: number, more: Partial<FakeTable> = {}): FakeTable {
  return {
    columns: [
      { name: 'id', type: { kind: 'utf8' } },
      { name: 'sequence', type: { kind: 'utf8' } },
      { name: 'quality', type: { kind: 'utf8' } },
      { name: 'record', type: { kind: 'int64' } },
    ],
    zones: ['record'],
    rows: Array.from({ length: count }, (_, i) => [
      `read${i}`,
      'ACGT'.repeat((i % 30) + 1),
      'IIII'.repeat((i % 30) + 1),
      BigInt(i),
    ]),
    ...more,
  }
}
