import { randomBytes } from 'node:crypto'
import { DATASET } from '../lake/setting.ts'
import { figure, median, seconds } from '../timing.ts'
import { expectEqual, type Measure } from '../types.ts'

const CHANGED = 100
const MAX_SECONDS = 0.5
const MAX_SHARE = 0.01

export const lakeDiff: Measure = {
  name: 'lake-diff',
  target: 'diff of 1 M against 1 M with 100 changes: ≤ 0.5 s, ≤ 1 % of the metadata read',
  async run(context) {
    const lake = await context.lake()
    await lake.registered()
    const first = Math.floor(lake.files / 3)
    const change = ['change', lake.url, DATASET, first, CHANGED, randomBytes(12).toString('hex')]
    const { version } = (await lake.work<{ version: number }>(change)).result
    const [older, newer] = [`${DATASET}@${version - 1}`, `${DATASET}@${version}`]
    const whole = (
      await lake.work<{ bytes: number; parts: number; list: number }>(['metadata', lake.url, newer])
    ).result
    const runs = []
    for (let run = -1; run < context.runs; run++) {
      const ran = await lake.work<{ changes: number }>(['diff', lake.url, older, newer])
      expectEqual('diffTables', 'number of changes', ran.result.changes, CHANGED)
      if (run >= 0) runs.push(ran)
    }
    const [took, process] = [median(runs.map(({ inside }) => inside)), median(runs.map((run) => run.process))]
    const read = Math.max(...runs.map(({ traffic }) => traffic.read))
    const share = read / whole.bytes
    const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
    const against = `${lake.files} files, ${CHANGED} changed`
    const requests = `${runs[0]?.traffic.requests.length} requests; the whole process ${seconds(process)}`
    const of = `all ${whole.parts} parts and their list (${mega(whole.list)}) are ${mega(whole.bytes)}`
    return [
      figure(
        'diff of two versions',
        against,
        '≤ 0.5 s',
        `${seconds(took)}`,
        took <= MAX_SECONDS,
        requests,
        runs,
      ),
      figure(
        'diff of two versions',
        against,
        '≤ 1 % of the metadata read',
        `${mega(read)} = ${(share * 100).toFixed(2)} %`,
        share <= MAX_SHARE,
        of,
        whole,
      ),
    ]
  },
}
