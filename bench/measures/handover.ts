import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../process.ts'
import { figure } from '../timing.ts'
import { BenchError, type Measure } from '../types.ts'

const AT_LEAST = 5

/** `bench/handover.ts` belongs to the engine: a program that takes its own median and says `… M rows/s`. */
export const handover: Measure = {
  name: 'handover',
  target: 'three VARCHAR columns from memory to DuckDB: ≥ 5 M rows/s',
  async run(context) {
    const script = join(context.built, 'handover.js')
    if (!existsSync(script)) throw new BenchError('bench/handover.ts is not there')
    const { stdout } = await run(process.execPath, [script])
    const speed = Number(/([\d.]+) M rows\/s/.exec(stdout)?.[1])
    if (Number.isNaN(speed)) throw new BenchError(`handover: printed no result but ${stdout}`)
    return [
      figure(
        'column hand-over, 3 VARCHAR',
        "DESIGN's 7.6 M rows/s",
        `≥ ${AT_LEAST} M rows/s`,
        `${speed} M rows/s`,
        speed >= AT_LEAST,
        stdout.trim(),
      ),
    ]
  },
}
