import { figure } from '../timing.ts'
import type { Measure } from '../types.ts'
import { countBases, expectRow } from '../varve.ts'

const LIMIT = 600e6

export const memory: Measure = {
  name: 'memory',
  target: '2 GB file, full scan and index build: peak RSS ≤ 600 MB',
  async run(context) {
    const big = await context.big()
    const uri = await context.inS3(big)
    const raw = `${(big.totals.raw / 1e9).toFixed(2)} GB in a ${(big.bytes / 1e6).toFixed(0)} MB gz`
    const statement = {
      sql: countBases(uri),
      expected: `${big.totals.reads},${big.totals.bases}`,
      uri,
      size: big.bytes,
    }
    const watchMemory = { watchMemory: true }
    const scan = ['sql', '-c', statement.sql, '--format', 'csv']
    const [lake, untouched] = [await context.newLake(), await context.newLake()]
    const build = await context.varve(['index', uri], lake, watchMemory)
    const indexed = await context.varve(scan, lake, watchMemory)
    const first = await context.varve(scan, untouched, watchMemory)
    for (const ran of [indexed, first]) expectRow(statement, ran.stdout)
    return [
      ['index build', build] as const,
      ['full scan, indexed', indexed] as const,
      ['first scan, no index', first] as const,
    ].map(([what, { peak, seconds }]) =>
      figure(
        `memory: ${what}`,
        raw,
        'peak RSS ≤ 600 MB',
        `${Math.round(peak / 1e6)} MB`,
        peak > 0 && peak <= LIMIT,
        `${seconds.toFixed(1)} s`,
        { peak, seconds },
      ),
    )
  },
}
