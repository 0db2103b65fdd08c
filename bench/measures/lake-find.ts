import { pathOf } from '../lake/objects.ts'
import { delayedRow, type Run } from '../lake/rows.ts'
import { DATASET, L20, lastLine } from '../lake/setting.ts'
import { expectEqual, type Measure } from '../types.ts'

interface Found {
  readonly files: number
  readonly path: string
}

export const lakeFind: Measure = {
  name: 'lake-find',
  target: 'open a 1 M-file version and find one path, L20: ≤ 1 s, ≤ 6 requests',
  async run(context) {
    const lake = await context.lake()
    await lake.registered()
    const delay = { delay: L20 }
    const [library, sql]: [Run[], Run[]] = [[], []]
    for (let run = -1; run < context.runs; run++) {
      const path = pathOf(Math.floor(lake.files * (0.15 + 0.13 * (run + 1))) % lake.files)
      const found = await lake.work<Found>(['find', lake.url, DATASET, path], delay)
      expectEqual('findRows', 'path', found.result.path, path)
      expectEqual('findRows', 'number of files', found.result.files, lake.files)
      const query = `select path from files('${DATASET}') where path = '${path}'`
      const { seconds, traffic, stdout } = await lake.varve(['sql', '-c', query, '--format', 'csv'], delay)
      expectEqual('varve sql', 'path', lastLine(stdout), path)
      if (run < 0) continue
      library.push(found)
      sql.push({ process: seconds, traffic })
    }
    const against = `${lake.files} files, L20`
    return [
      delayedRow(
        'find one path',
        against,
        library,
        { seconds: 1, requests: 6 },
        'the library, a process of its own',
      ),
      delayedRow('find one path, beside', against, sql, {}, `varve sql … from files() where path = …`),
    ]
  },
}
