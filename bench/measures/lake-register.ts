import { DATASET, lastLine } from '../lake/setting.ts'
import { figure, seconds } from '../timing.ts'
import { expectEqual, type Measure } from '../types.ts'

const MAX_SECONDS = 120
const MAX_BYTES = 512 * 2 ** 20

const mebi = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

export const lakeRegister: Measure = {
  name: 'lake-register',
  target: 'register 1 M existing objects, and list them back: ≤ 120 s, ≤ 512 MiB',
  async run(context) {
    const lake = await context.lake()
    const { files } = lake
    const ran = await lake.registered()
    const sql = `select count(*), count(distinct path) from files('${DATASET}')`
    const listed = await lake.varve(['sql', '-c', sql, '--format', 'csv'], {
      direct: true,
      watchMemory: true,
    })
    expectEqual('varve sql', 'count of files', lastLine(listed.stdout), `${files},${files}`)
    const read = await lake.work<{ paths: number }>(['read', lake.url, DATASET], { direct: true })
    expectEqual('readTable', 'number of paths', read.result.paths, files)
    // What any client waits for: the server's own listing.
    const bare = await lake.work<{ keys: number }>(['list', lake.source], { direct: true })
    expectEqual('list', 'number of keys', bare.result.keys, files)
    const total = ran.seconds + listed.seconds
    const peak = Math.max(ran.peak, listed.peak)
    const against = `${files} objects`
    const raw = {
      register: { seconds: ran.seconds, peak: ran.peak },
      sql: { seconds: listed.seconds, peak: listed.peak },
      readTable: { seconds: read.process, peak: read.peak },
      listing: { seconds: bare.inside, peak: bare.peak },
    }
    const parts =
      `varve add ${seconds(ran.seconds)}, of which the server's listing alone takes ${seconds(bare.inside)}; ` +
      `varve sql ${seconds(listed.seconds)}`
    const peaks =
      `varve add ${mebi(ran.peak)}; varve sql ${mebi(listed.peak)}; listed back by the library instead: ` +
      `${mebi(read.peak)}, ${seconds(read.process)}`
    return [
      figure(
        'register in place, list back',
        against,
        '≤ 120 s',
        `${seconds(total)}`,
        total <= MAX_SECONDS,
        parts,
        raw,
      ),
      figure(
        'register in place, list back',
        against,
        'peak RSS ≤ 512 MiB',
        mebi(peak),
        peak <= MAX_BYTES,
        peaks,
      ),
    ]
  },
}
