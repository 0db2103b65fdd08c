import { CSV_AGGREGATES } from '../csv-data.ts'
import { absent, compare, interleave } from '../timing.ts'
import { expectEqual, type Measure } from '../types.ts'
import { indexedContender, indexedLake } from '../varve.ts'

const NAME = 'csv full scan, indexed'
const PEER = "DuckDB's read_csv, 2 threads"
const LIMIT = { kind: 'speed', value: 0.6 } as const

export const csvScan: Measure = {
  name: 'csv',
  target: 'from S3, every column aggregated: ≥ 0.6 × DuckDB read_csv with 2 threads on a local copy',
  async run(context) {
    const csv = await context.csv()
    const uri = await context.inS3(csv)
    const lake = await indexedLake(context, uri)
    const aggregates = CSV_AGGREGATES.join(', ')
    const why = context.missing('duckdb')
    const peer = context.peers.python(PEER, 'duckdb_csv.py', [csv.path, aggregates], {
      rows: csv.totals.rows,
    })
    // The peer prints its values as text: varve must print the same ones.
    const known =
      why === undefined ? await context.peers.answer('duckdb_csv.py', [csv.path, aggregates]) : undefined
    const expected = (row: string) => {
      if (known === undefined) expectEqual('varve', 'number of csv rows', row.split(',')[0], csv.totals.rows)
      else expectEqual('varve', 'csv aggregates', row, (known as string[]).join(','))
    }
    const sql = `select ${aggregates} from read_csv('${uri}')`
    const ours = await indexedContender(context, { sql, expected, uri, size: csv.bytes }, lake)
    const [varve, theirs] = await interleave(why === undefined ? [ours, peer] : [ours], context.runs)
    return [
      theirs === undefined
        ? absent(NAME, PEER, LIMIT, why ?? 'not run')
        : compare(NAME, varve!, theirs, LIMIT, { raw: csv.totals.raw }),
    ]
  },
}
