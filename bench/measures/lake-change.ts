import { randomBytes } from 'node:crypto'
import { openStore } from '../../src/store/index.ts'
import { pathOf } from '../lake/objects.ts'
import { delayedRow, type Run } from '../lake/rows.ts'
import { DATASET, L20, type LakeSetting } from '../lake/setting.ts'
import { expectEqual, type Measure } from '../types.ts'

const CHANGED = 100

/** Where the neighbours begin in a run: another plate each time, inside it. */
function firstOf(lake: LakeSetting, run: number): number {
  const plates = Math.floor(lake.files / 1000)
  return (Math.floor(plates * (0.11 + 0.13 * (run + 1))) % plates) * 1000 + 200
}

/** Puts other bytes under names of one folder: all files whose names begin alike. */
async function overwrite(lake: LakeSetting, first: number): Promise<void> {
  const store = openStore(lake.source, { env: lake.minio.env })
  const paths = Array.from({ length: CHANGED }, (_, i) => pathOf(first + i))
  await Promise.all(paths.map((path) => store.put(path, randomBytes(700))))
  await store.close()
}

export const lakeChange: Measure = {
  name: 'lake-change',
  target: 'change 100 neighbouring files of 1 M and commit, L20: ≤ 2 MiB written, ≤ 12 requests, ≤ 1 s',
  async run(context) {
    const lake = await context.lake()
    await lake.registered()
    const delay = { delay: L20 }
    const [library, add]: [Run[], Run[]] = [[], []]
    for (let run = -1; run < context.runs; run++) {
      const first = firstOf(lake, run)
      const etag = randomBytes(12).toString('hex')
      const changed = await lake.work<{ changed: number }>(
        ['change', lake.url, DATASET, first, CHANGED, etag],
        delay,
      )
      expectEqual('rewriteTable', 'number of changed rows', changed.result.changed, CHANGED)
      await overwrite(lake, first)
      // 100 objects whose names begin alike, put where they were.
      const glob = `${lake.source}${pathOf(first).replace(/\d\d\.tif$/, '*.tif')}`
      const folder = pathOf(first).split('/')[0] as string
      const args = [
        'add',
        glob,
        '--dataset',
        DATASET,
        '--prefix',
        folder,
        '--in-place',
        '--no-heads',
        '--json',
      ]
      const ran = await lake.varve(args, delay)
      const report = JSON.parse(ran.stdout) as { changed: number; unchanged: number }
      expectEqual('varve add', 'number of changed files', report.changed, CHANGED)
      if (run < 0) continue
      library.push(changed)
      add.push({ process: ran.seconds, traffic: ran.traffic })
    }
    const against = `${CHANGED} of ${lake.files} files, L20`
    const limits = { seconds: 1, requests: 12, written: 2 * 2 ** 20 }
    return [
      delayedRow('change and commit', against, library, limits, 'the library, a process of its own'),
      delayedRow(
        'change and commit, beside',
        against,
        add,
        {},
        'varve add of the 100 objects, overwritten in place',
      ),
    ]
  },
}
