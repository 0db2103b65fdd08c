import { shell } from '../process.ts'
import { absent, compare, interleave } from '../timing.ts'
import { type Contender, expectEqual, type Measure } from '../types.ts'
import { countBases, indexedContender, indexedLake } from '../varve.ts'

const NAME = 'bgzip, full scan, indexed'
const PEER = 'bgzip -dc -@2 | wc -l'
const LIMIT = { kind: 'speed', value: 0.8 } as const

export const bgzipScan: Measure = {
  name: 'bgzip',
  target: 'from S3: ≥ 0.8 × bgzip -dc -@2 piped to wc -l, on a local copy',
  async run(context) {
    const { bgz } = await context.fastq()
    const uri = await context.inS3(bgz)
    const lake = await indexedLake(context, uri)
    const expected = `${bgz.totals.reads},${bgz.totals.bases}`
    const ours = await indexedContender(
      context,
      { sql: countBases(uri), expected, uri, size: bgz.bytes },
      lake,
    )
    const why = context.missing('bgzip')
    const peer: Contender = {
      name: PEER,
      async run() {
        const { seconds, stdout } = await shell('bgzip -dc -@2 "$1" | wc -l', [bgz.path])
        expectEqual(PEER, 'its number of lines', stdout.trim(), bgz.totals.lines)
        return { process: seconds }
      },
    }
    const [varve, theirs] = await interleave(why === undefined ? [ours, peer] : [ours], context.runs)
    return [
      theirs === undefined
        ? absent(NAME, PEER, LIMIT, why ?? 'not run')
        : compare(NAME, varve!, theirs, LIMIT, { raw: bgz.totals.raw }),
    ]
  },
}
