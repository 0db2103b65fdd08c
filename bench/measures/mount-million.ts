import { statSync } from 'node:fs'
import { join } from 'node:path'
import { pathOf } from '../lake/objects.ts'
import { DATASET, L20 } from '../lake/setting.ts'
import { mount } from '../mount/mounts.ts'
import { startDelayProxy } from '../mount/proxy.ts'
import { figuresOf, mib } from '../mount/rows.ts'
import { figure, seconds } from '../timing.ts'
import type { Measure } from '../types.ts'

const MOST_MEMORY = 200 * 2 ** 20

export const mountMillion: Measure = {
  name: 'mount-million',
  target: 'mounting a version of 1 M files, L20: usable ≤ 1 s, ≤ 5 requests, ≤ 200 MiB resident',
  async run(context) {
    const lake = await context.lake()
    await lake.registered()
    const proxy = await startDelayProxy(lake.minio.endpoint)
    await proxy.setDelay(L20)
    const [mounting, found, requests, memory]: [number[], number[], number[], number[]] = [[], [], [], []]
    try {
      for (let round = 0; round < context.runs; round++) {
        const scratch = context.scratch()
        const place = { minio: lake.minio, endpoint: proxy.endpoint, scratch, bucket: '', lake: lake.url }
        await proxy.traffic()
        const mounted = await mount('varve', place)
        try {
          const path = pathOf(Math.floor(lake.files * (0.15 + 0.13 * round)) % lake.files)
          const began = performance.now()
          statSync(join(mounted.point, DATASET, 'latest', 'files', path))
          mounting.push(mounted.seconds)
          found.push((performance.now() - began) / 1000)
          requests.push((await proxy.traffic()).requests.length)
          memory.push(mounted.memory().most)
        } finally {
          await mounted.stop()
        }
      }
    } finally {
      await proxy.stop()
    }
    const [usable, after] = [
      figuresOf(
        found.map((s, i) => s + mounting[i]!),
        'least',
      ),
      figuresOf(found, 'least'),
    ]
    const [asked, most] = [Math.max(...requests), Math.max(...memory)]
    const measure = `mount: a version of ${lake.files} files, L20`
    return [
      figure(
        measure,
        'from `varve mount` to the first file found',
        '≤ 1 s',
        `${seconds(usable.median)} (worst ${seconds(usable.worst)})`,
        usable.median <= 1,
        `${seconds(after.median)} of it after the mount is there`,
        { usable, after },
      ),
      figure(measure, 'requests for that', '≤ 5', String(asked), asked <= 5),
      figure(measure, 'resident', '≤ 200 MiB', mib(most), most <= MOST_MEMORY, undefined, memory),
    ]
  },
}
