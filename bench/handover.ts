/**
 * The column hand-over alone: three VARCHAR columns of FASTQ's shape (315 bytes a row), from memory, through the
 * engine thread's table function into DuckDB. No decoding: a few batches go round and round by `release`.
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

const COLUMNS: readonly Field[] = ['id', 'sequence', 'quality'].map((name) => ({
  name,
  type: { kind: 'utf8' },
}))
const LENGTHS = [15, 150, 150] as const

/** Median of `runs` runs after one to warm up, over `rows` rows in batches of `batchRows`. */
export async function handover({
  rows = 5_000_000,
  batchRows = 16384,
  runs = 5,
} = {}): Promise<HandoverResult> {
  const session = openSession({
    scan: memoryScan(rows, batchRows),
    functions: [{ name: 'memory', positional: 0, lists: false, named: {}, summary: '' }],
    settings: { threads: '2' },
  })
  const times: number[] = []
  try {
    for (let i = 0; i <= runs; i++) {
      const began = performance.now()
      for await (const result of session.run(
        'select count(id), count(sequence), count(quality) from memory()',
      )) {
        for await (const batch of result.batches) {
          const counted = (batch.columns[2]!.values as BigInt64Array)[0]
          if (counted !== BigInt(rows)) throw new Error(`counted ${counted} rows, expected ${rows}`)
        }
      }
      times.push(performance.now() - began)
    }
  } finally {
    await session.close()
  }
  const ms = times.slice(1).sort((a, b) => a - b)[runs >> 1]!
  const rowBytes = LENGTHS.reduce((sum, length) => sum + length, 0)
  return { rows, ms, rowsPerSecond: (rows / ms) * 1000, bytesPerSecond: (rows * rowBytes * 1000) / ms }
}

/** A scan of `total` rows that owns four batches. */
function memoryScan(total: number, batchRows: number): ScanService {
  const free: ColumnBatch[] = Array.from({ length: 4 }, () => makeBatch(batchRows))
  return {
    bind: async () => ({ id: 1, columns: COLUMNS, zones: [], cardinality: { rows: total, exact: true } }),
    scan({ columns }) {
      let left = total
      return {
        progress: { done: 0, total: 0 },
        async next() {
          if (left === 0) return undefined
          const batch = free.pop() ?? makeBatch(batchRows)
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

function makeBatch(rows: number): ColumnBatch {
  return { rows, columns: LENGTHS.map((length) => makeColumn(rows, length)) }
}

function makeColumn(rows: number, length: number): ColumnVector {
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * length)
  const values = new Uint8Array(rows * length)
  for (let i = 0; i < values.length; i++) values[i] = 65 + ((i * 7) % 26)
  return { length: rows, offsets, values }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { rows, ms, rowsPerSecond, bytesPerSecond } = await handover()
  process.stdout.write(
    `${rows} rows in ${ms.toFixed(0)} ms: ${(rowsPerSecond / 1e6).toFixed(2)} M rows/s, ${(bytesPerSecond / 1e6).toFixed(0)} MB/s\n`,
  )
}
