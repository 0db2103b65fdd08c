import { join } from 'node:path'
import { presign } from '../presign.ts'
import { run } from '../process.ts'
import { compare, median } from '../timing.ts'
import type { Measure, Timing } from '../types.ts'

interface Samples {
  readonly varve: readonly number[]
  readonly http: readonly number[]
}

function timing(name: string, seconds: readonly number[]): Timing {
  return { name, inside: median(seconds), samples: seconds.map((inside) => ({ inside })) }
}

export const rangedGets: Measure = {
  name: 'gets',
  target: '8 × 8 MiB in flight: ≥ 0.9 × node:http with presigned URLs',
  async run(context) {
    const { gz } = await context.fastq()
    const uri = await context.inS3(gz)
    const server = await context.minio()
    const url = presign(server, 'GET', uri.slice('s3://'.length))
    const { stdout } = await run(
      process.execPath,
      [join(context.built, 'ranged.js'), uri, url, String(context.runs)],
      { env: server.env },
    )
    const samples = JSON.parse(stdout) as Samples
    return [
      compare(
        'raw ranged GETs, 8 × 8 MiB in flight',
        timing('varve', samples.varve),
        timing('node:http, presigned URLs', samples.http),
        { kind: 'speed', value: 0.9 },
        { raw: gz.bytes },
      ),
    ]
  },
}
