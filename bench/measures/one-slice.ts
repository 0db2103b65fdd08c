import { figure } from '../timing.ts'
import { parseTrace } from '../trace.ts'
import { BenchError, type Measure } from '../types.ts'
import { indexedLake, info } from '../varve.ts'

const NAME = 'one slice of 200'
const SLICES = 200
const MAX_REQUESTS = 3

interface SliceRow {
  readonly slice: string
  readonly rows: number
  readonly byte_start: number
  readonly byte_end: number
}

interface Span {
  readonly span: number
}

export const oneSlice: Measure = {
  name: 'slice',
  target: 'bytes fetched ≤ slice + one access-point span, ≤ 3 requests, no whole-index download',
  async run(context) {
    const { gz } = await context.fastq()
    const uri = await context.inS3(gz)
    const lake = await indexedLake(context, uri)
    const ask = async <T>(sql: string) =>
      JSON.parse((await context.varve(['sql', '-c', sql, '--format', 'json'], lake)).stdout) as T[]
    const slices = await ask<SliceRow>(
      `select slice, rows, byte_start, byte_end from slices('${uri}', n := ${SLICES})`,
    )
    const [{ span } = { span: Number.NaN }] = await ask<Span>(
      `select max(byte_end - byte_start) as span from index_info('${uri}')`,
    )
    const { index_bytes: indexBytes } = await info(context, uri, lake)
    if (slices.length !== SLICES) throw new BenchError(`slices: ${slices.length} of ${SLICES}`)
    // Its fair share of the compressed bytes: what the slice would be if it could be cut anywhere.
    const share = gz.bytes / SLICES
    const picks = [0, 57, 100, 163, SLICES - 1]
    const seen = []
    for (const pick of picks) {
      const slice = slices[pick] as SliceRow
      const ran = await context.varve(['cat', slice.slice], lake, { env: { VARVE_TRACE: '1' } })
      const lines = ran.stdout.split('\n').length - 1
      if (lines !== slice.rows * 4)
        throw new BenchError(`slice ${pick}: ${lines} lines, expected ${slice.rows * 4}`)
      const requests = parseTrace(ran.stderr)
      const bytes = requests.reduce((sum, request) => sum + request.bytes, 0)
      const ofIndex = requests.reduce((sum, { uri: at, bytes: own }) => (at === uri ? sum : sum + own), 0)
      seen.push({ pick, bytes, ofIndex, requests: requests.length, list: requests })
    }
    const worstBytes = Math.max(...seen.map(({ bytes }) => bytes))
    const worstRequests = Math.max(...seen.map(({ requests }) => requests))
    const worstIndex = Math.max(...seen.map(({ ofIndex }) => ofIndex))
    const mega = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`
    return [
      figure(
        NAME,
        `slice ${mega(share)} + span ${mega(span)}`,
        'bytes ≤ both',
        mega(worstBytes),
        worstBytes <= share + span,
        `worst of slices ${picks.join(', ')}`,
        seen,
      ),
      figure(NAME, 'requests', `≤ ${MAX_REQUESTS}`, String(worstRequests), worstRequests <= MAX_REQUESTS),
      figure(
        NAME,
        `the index (${mega(indexBytes ?? Number.NaN)})`,
        'not downloaded whole',
        `${(worstIndex / 1e3).toFixed(1)} kB of it`,
        worstIndex < (indexBytes ?? 0) / 2,
      ),
    ]
  },
}
