/**
 * The column hand-over alone: three VARCHAR columns of FASTQ's shape (315 bytes a row), or with `lists` a DOUBLE[]
 * column of spectra's shape (1,000 values a row), from memory, through the engine thread's table function into
 * DuckDB. No decoding: a few batches go round and round by `release`.
 *
 *   npx esbuild bench/handover.ts --bundle --platform=node --format=esm --external:@duckdb/\* \
 *     --outfile=dist/bench-handover.js && node dist/bench-handover.js
 */

import { fileURLToPath } from 'node:url'
import { openSession } from '../src/engine/session.ts'
import type { ColumnBatch, ColumnVector, Field } from '../src/formats/batch.ts'
import type { ScanService } from '../src/scan/types.ts'

export interface HandoverResult {
  readonly rows: number
  readonly ms: number
  readonly rowsPerSecond: number
  readonly bytesPerSecond: number
}

const LENGTHS = [15, 150, 150] as const
const ITEMS = 1000

/** What is handed over. */
interface Shape {
  readonly columns: readonly Field[]
  /** Its last column is the number of rows, when all of them came. */
  readonly sql: string
  readonly rowBytes: number
  make(rows: number): ColumnBatch
}

const TEXTS: Shape = {
  columns: ['id', 'sequence', 'quality'].map((name) => ({ name, type: { kind: 'utf8' } })),
  sql: 'select count(id), count(sequence), count(quality) from memory()',
  rowBytes: LENGTHS.reduce((sum, length) => sum + length, 0),
  make: (rows) => ({ rows, columns: LENGTHS.map((length) => makeTexts(rows, length)) }),
}

const LISTS: Shape = {
  columns: [{ name: 'mz', type: { kind: 'list', item: { kind: 'float64' } } }],
  // The last item of each list: NULL, and not counted, where not all came.
  sql: `select count(mz[${ITEMS}]) from memory()`,
  rowBytes: ITEMS * 8,
  make: (rows) => ({ rows, columns: [makeLists(rows)] }),
}

/** Median of `runs` runs after one to warm up, over `rows` rows in batches of `batchRows`. */
export async function handover({
  shape = TEXTS,
  rows = 5_000_000,
  batchRows = 16384,
  runs = 5,
} = {}): Promise<HandoverResult> {
  const session = openSession({
    scan: memoryScan(shape, rows, batchRows),
    functions: [{ name: 'memory', positional: 0, lists: false, named: {}, summary: '' }],
    settings: { threads: '2' },
  })
  const times: number[] = []
  try {
    for (let i = 0; i <= runs; i++) {
      const began = performance.now()
      for await (const result of session.run(shape.sql)) {
        for await (const batch of result.batches) {
          const counted = (batch.columns.at(-1)!.values as BigInt64Array)[0]
          if (counted !== BigInt(rows)) throw new Error(`counted ${counted} rows, expected ${rows}`)
        }
      }
      times.push(performance.now() - began)
    }
  } finally {
    await session.close()
  }
  const ms = times.slice(1).sort((a, b) => a - b)[runs >> 1]!
  return { rows, ms, rowsPerSecond: (rows / ms) * 1000, bytesPerSecond: (rows * shape.rowBytes * 1000) / ms }
}

/** A scan of `total` rows that owns four batches. */
function memoryScan(shape: Shape, total: number, batchRows: number): ScanService {
  const free: ColumnBatch[] = Array.from({ length: 4 }, () => shape.make(batchRows))
  return {
    bind: async () => ({
      id: 1,
      columns: shape.columns,
      zones: [],
      cardinality: { rows: total, exact: true },
    }),
    scan({ columns }) {
      let left = total
      return {
        progress: { done: 0, total: 0 },
        async next() {
          if (left === 0) return undefined
          const batch = free.pop() ?? shape.make(batchRows)
          const rows = Math.min(left, batch.rows)
          left -= rows
          return { rows, columns: columns.map((i) => batch.columns[i]!) }
        },
        release(batch) {
          free.push({ rows: batchRows, columns: batch.columns })
        },
        close() {},
      }
    },
    unbind() {},
    async close() {},
  }
}

function makeLists(rows: number): ColumnVector {
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * ITEMS)
  const values = new Float64Array(rows * ITEMS)
  for (let i = 0; i < values.length; i++) values[i] = i / 1000
  return { length: rows, offsets, children: [{ length: values.length, values }] }
}

function makeTexts(rows: number, length: number): ColumnVector {
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * length)
  const values = new Uint8Array(rows * length)
  for (let i = 0; i < values.length; i++) values[i] = 65 + ((i * 7) % 26)
  return { length: rows, offsets, values }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Batches of lists as the decoders make them: some MiB.
  const lists = { shape: LISTS, rows: 200_000, batchRows: 256 }
  const { rows, ms, rowsPerSecond, bytesPerSecond } = await handover(process.argv[2] === 'lists' ? lists : {})
  process.stdout.write(
    `${rows} rows in ${ms.toFixed(0)} ms: ${(rowsPerSecond / 1e6).toFixed(2)} M rows/s, ${(bytesPerSecond / 1e6).toFixed(0)} MB/s\n`,
  )
}
