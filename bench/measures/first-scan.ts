import type { Context } from '../context.ts'
import type { DataFile } from '../data.ts'
import { absent, compare, figure, interleave } from '../timing.ts'
import { type Contender, expectEqual, type Measure } from '../types.ts'
import { countBases, expectRow, info } from '../varve.ts'

const NAME = 'first scan, no index'
const RAPIDGZIP = 'rapidgzip -P 1 --count-lines'
const LIMIT = { kind: 'speed', value: 0.6 } as const
/** What a session reads before the clock starts, so that engine and workers are up. */
const WARM_UP_READS = 20_000

async function contender(
  context: Context,
  gz: DataFile<{ reads: number; bases: number }>,
  warmUp: string,
): Promise<Contender> {
  const uri = await context.inS3(gz)
  const sql = countBases(uri)
  const statement = { sql, expected: `${gz.totals.reads},${gz.totals.bases}`, uri, size: gz.bytes }
  const expectIndex = async (lake: string, indexed: boolean) =>
    expectEqual('varve', `whether ${uri} has an index`, (await info(context, uri, lake)).indexed, indexed)
  return {
    name: 'varve',
    async run() {
      // A lake per run: nothing that an earlier one left can help.
      const [first, second] = [await context.newLake(), await context.newLake()]
      await expectIndex(first, false)
      const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], first)
      expectRow(statement, ran.stdout)
      await expectIndex(first, true)
      const session = await context.warm(second)
      await session.call({ do: 'sql', sql: countBases(warmUp) })
      const inside = await session.call({ do: 'sql', sql })
      await session.stop()
      await expectIndex(second, true)
      return { process: ran.seconds, inside }
    },
  }
}

export const firstScan: Measure = {
  name: 'first-scan',
  target: 'from S3 without an index: ≥ 0.6 × rapidgzip -P 1 --count-lines, and the index is there afterwards',
  async run(context) {
    const { gz } = await context.fastq()
    const warmUp = await context.inS3((await context.fastqOf(WARM_UP_READS)).gz)
    const ours = await contender(context, gz, warmUp)
    const why = context.missing('rapidgzip')
    const flags = ['-P', '1', '--count-lines', gz.path]
    const peers =
      why === undefined
        ? [context.peers.python(RAPIDGZIP, 'rapidgzip_run.py', flags, { rows: gz.totals.lines })]
        : []
    const [varve, theirs] = await interleave([ours, ...peers], context.runs)
    return [
      theirs === undefined
        ? absent(NAME, RAPIDGZIP, LIMIT, why ?? 'not run')
        : compare(NAME, varve!, theirs, LIMIT, { raw: gz.totals.raw }),
      // Every run above has checked it, and would have thrown.
      figure(NAME, 'its by-product', 'index is there', 'yes', true),
    ]
  },
}
