import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { PeerName } from '../peers.ts'
import { absent, compare, interleave, type Limit } from '../timing.ts'
import type { Contender, Measure } from '../types.ts'
import { countBases, indexedContender, indexedLake } from '../varve.ts'

const NAME = 'full scan, indexed'
const SLICES = 32

interface Rival {
  readonly peer: PeerName
  readonly limit: Limit
  readonly name: string
  readonly note?: string
  contender(): Promise<Contender>
}

const atLeast = (value: number): Limit => ({ kind: 'speed', value })

async function rivals(context: Context): Promise<Rival[]> {
  const { gz } = await context.fastq()
  const { peers, minio } = context
  const { reads, bases, lines, raw } = gz.totals
  const both = { rows: reads, check: bases }
  const dataplug = (processes: number): Rival => ({
    peer: 'cloud-dataplug',
    limit: atLeast(4),
    name: `dataplug, ${SLICES} slices from S3, ${processes === 1 ? 'one after the other' : `${processes} processes`}`,
    async contender() {
      const args = [await context.inS3(gz), String(SLICES), String(processes)]
      const { env } = await minio()
      return peers.python(this.name, 'dataplug_slices.py', args, { rows: lines, check: bases }, { env })
    },
  })
  return [
    {
      peer: 'rapidgzip',
      limit: atLeast(0.55),
      name: 'rapidgzip -P 2 --import-index --count-lines',
      note: 'index without line numbers: with them it answers from the index in 5 ms, reading nothing',
      async contender() {
        const index = join(context.scratch(), 'rapidgzip')
        const make = [
          '-q',
          '-f',
          '-P',
          '1',
          '--export-index',
          index,
          '--index-format',
          'indexed_gzip',
          gz.path,
        ]
        await peers.python(this.name, 'rapidgzip_run.py', make, {}).run()
        const args = ['-P', '2', '--import-index', index, '--count-lines', gz.path]
        return peers.python(this.name, 'rapidgzip_run.py', args, { rows: lines })
      },
    },
    {
      peer: 'oxbow',
      limit: atLeast(1),
      name: 'oxbow',
      contender: async () => peers.python('oxbow', 'oxbow_scan.py', [gz.path], both),
    },
    {
      peer: 'polars-bio',
      limit: atLeast(1.5),
      name: 'polars-bio',
      contender: async () => peers.python('polars-bio', 'polars_bio_scan.py', [gz.path], both),
    },
    {
      peer: 'duckdb',
      limit: atLeast(2.5),
      name: "DuckDB's read_csv over the gz",
      note: 'as one column of lines',
      async contender() {
        return peers.python(this.name, 'duckdb_lines.py', [gz.path], { rows: lines, check: raw - lines })
      },
    },
    dataplug(1),
    dataplug(2),
  ]
}

export const fullScan: Measure = {
  name: 'scan',
  target:
    'from S3 with the index, 2 workers: ≥ 0.55 × rapidgzip, ≥ 1 × oxbow, ≥ 1.5 × polars-bio, ' +
    '≥ 2.5 × DuckDB read_csv, ≥ 4 × dataplug',
  async run(context) {
    const { gz } = await context.fastq()
    const uri = await context.inS3(gz)
    const lake = await indexedLake(context, uri)
    const expected = `${gz.totals.reads},${gz.totals.bases}`
    const ours = await indexedContender(
      context,
      { sql: countBases(uri), expected, uri, size: gz.bytes },
      lake,
    )
    const all = await rivals(context)
    const there = all.filter(({ peer }) => context.missing(peer) === undefined)
    const contenders = await Promise.all(there.map((rival) => rival.contender()))
    const [varve, ...timings] = await interleave([ours, ...contenders], context.runs)
    return all.map(({ peer, name, limit, note }) => {
      const theirs = timings.find((timing) => timing.name === name)
      if (theirs === undefined) return absent(NAME, name, limit, context.missing(peer) ?? 'not run')
      return compare(NAME, varve!, theirs, limit, { raw: gz.totals.raw, note })
    })
  },
}
