import { ensureUploads } from '../lake/upload-files.ts'
import type { Uploaded } from '../lake/uploads.ts'
import { compare, median } from '../timing.ts'
import type { Measure, Timing } from '../types.ts'

const FILES = 2000
const BYTES = 2 ** 20

function timing(name: string, seconds: readonly number[]): Timing {
  return { name, inside: median(seconds), samples: seconds.map((inside) => ({ inside })) }
}

export const lakeUpload: Measure = {
  name: 'lake-upload',
  target: 'upload of 2,000 × 1 MiB: ≥ 0.7 × a bare parallel PUT loop with the same client',
  async run(context) {
    const lake = await context.lake()
    const files = context.quick ? 100 : FILES
    const folder = ensureUploads(files, BYTES)
    const buckets: string[] = []
    for (let i = 0; i < 2 * (context.runs + 1); i++) buckets.push(await lake.newBucket())
    const args = ['uploads', folder, files, BYTES, ...buckets]
    const { varve, bare } = (await lake.work<Uploaded>(args, { direct: true })).result
    for (const bucket of buckets) lake.drop(bucket)
    return [
      compare(
        `upload of ${files} × 1 MiB`,
        timing('varve', varve),
        timing('bare puts, 16 in flight', bare),
        { kind: 'speed', value: 0.7 },
        { raw: files * BYTES, note: 'varve reads, hashes and commits; the bare loop has its bodies at hand' },
      ),
    ]
  },
}
