import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openStore } from '../../src/store/index.ts'
import { presign } from '../presign.ts'
import { run } from '../process.ts'
import { figure, median } from '../timing.ts'
import type { Measure } from '../types.ts'

const BYTES = 256 * 2 ** 20
const SMALL = 200
/** A tenth of L20: what a request may take longer for passing through. */
const MAX_OVERHEAD_MS = 2
/** Far more than what any of the measures moves in its second. */
const MIN_SPEED = 100e6

/** That the proxy, without its delay, is not what the measures with a delay measure. */
export const lakeProxy: Measure = {
  name: 'lake-proxy',
  target: 'the proxy of L20 without its delay: ≥ 100 MB/s, ≤ 2 ms more per request',
  async run(context) {
    const { minio, proxy, newBucket } = await context.lake()
    const bucket = await newBucket()
    const store = openStore(`s3://${bucket}/`, { env: minio.env })
    await store.put('large', randomBytes(BYTES))
    await store.put('small', randomBytes(100))
    await store.close()
    proxy.delay = 0
    const speed = async (endpoint: string): Promise<number> => {
      const url = presign({ ...minio, endpoint }, 'GET', `${bucket}/large`)
      const args = [join(context.built, 'ranged.js'), `s3://${bucket}/large`, url, String(context.runs)]
      const { stdout } = await run(process.execPath, args, {
        env: { ...minio.env, AWS_ENDPOINT_URL: endpoint },
      })
      return BYTES / median((JSON.parse(stdout) as { varve: number[] }).varve)
    }
    const perRequest = async (endpoint: string): Promise<number> => {
      const url = presign({ ...minio, endpoint }, 'GET', `${bucket}/small`)
      const took: number[] = []
      for (let i = 0; i < SMALL; i++) {
        const began = performance.now()
        await (await fetch(url)).arrayBuffer()
        took.push(performance.now() - began)
      }
      return median(took)
    }
    const [through, direct] = [await speed(proxy.endpoint), await speed(minio.endpoint)]
    const [later, sooner] = [await perRequest(proxy.endpoint), await perRequest(minio.endpoint)]
    const mega = (value: number): string => `${Math.round(value / 1e6)} MB/s`
    const raw = { through, direct, later, sooner }
    return [
      figure(
        'the proxy, its delay off',
        'ranged GETs, 8 × 8 MiB in flight',
        '≥ 100 MB/s',
        mega(through),
        through >= MIN_SPEED,
        `without it ${mega(direct)}`,
        raw,
      ),
      figure(
        'the proxy, its delay off',
        'one small GET after the other',
        '≤ 2 ms more',
        `${(later - sooner).toFixed(2)} ms more`,
        later - sooner <= MAX_OVERHEAD_MS,
        `${later.toFixed(2)} ms, without it ${sooner.toFixed(2)} ms`,
      ),
    ]
  },
}
