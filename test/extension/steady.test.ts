/** Many queries in one process: what they need is given back. `VARVE_SOAK=1` runs the full number. */

import { afterAll, beforeAll, expect, it } from 'vitest'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'
import { makeSetting, type Setting, VERSIONS } from './support.ts'

const TIMES = process.env.VARVE_SOAK === '1' ? 1200 : 120
/** What the allocators of DuckDB and C may keep. */
const KEPT = 12 * 2 ** 20

let setting: Setting
beforeAll(() => {
  setting = makeSetting()
}, 240_000)
afterAll(() => setting.close())

it.each(VERSIONS)(
  `DuckDB %s has as many descriptors and as much memory after ${TIMES} queries as before`,
  async (version) => {
    const fastq = setting.file('reads.fastq', fastqFile(manyReads(3000, 7)).raw)
    const missing = `from read_fastq('${setting.folder}/nope.fastq')`
    const answers = await setting.python(
      [
        { sql: `select sum(length(sequence || quality)) from '${fastq}'`, times: TIMES / 2 },
        // Ends before the scan does, with batches that nobody has taken.
        { sql: `select id from '${fastq}' limit 2`, times: TIMES / 2 },
        { sql: missing, times: 20 },
      ],
      { version },
    )
    expect(answers[0]!.rows!.length).toBe(1)
    expect(answers[1]!.rows!.length).toBe(2)
    expect(answers[2]!.error).toContain('does not exist')
    for (const { before, after } of answers) {
      if (TIMES === 1200)
        console.log(
          `${version}: ${before!.descriptors} → ${after!.descriptors} descriptors, ${before!.memory} → ${after!.memory} bytes`,
        )
      expect(after!.descriptors).toBe(before!.descriptors)
      expect(after!.memory - before!.memory).toBeLessThan(KEPT)
    }
    expect(setting.engines()).toBe(1)
  },
  600_000,
)
