import { join } from 'node:path'
import { run } from '../process.ts'
import { compare, interleave } from '../timing.ts'
import { type Contender, expectEqual, type Measure } from '../types.ts'

/** A start takes a fraction of a second: more runs cost little and settle the median. */
const RUNS_TIMES = 3

export const start: Measure = {
  name: 'start',
  target: 'varve sql -c "select 1": ≤ 1.5 × the same through a bare node-api script',
  async run(context) {
    const ours: Contender = {
      name: 'varve',
      async run() {
        const { seconds, stdout } = await context.varveBare(['sql', '-c', 'select 1', '--format', 'csv'])
        expectEqual('varve', 'select 1', stdout.trim().split('\n').at(-1), 1)
        return { process: seconds }
      },
    }
    const bare: Contender = {
      name: 'bare node-api script',
      async run() {
        const { seconds, stdout } = await run(process.execPath, [join(context.built, 'bare.js')])
        expectEqual('node-api', 'select 1', stdout.trim(), 1)
        return { process: seconds }
      },
    }
    const [varve, theirs] = await interleave([ours, bare], context.runs * RUNS_TIMES)
    return [compare('start, select 1', varve!, theirs!, { kind: 'time', value: 1.5 })]
  },
}
