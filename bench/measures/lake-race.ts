import { openLake } from '../../src/lake/open.ts'
import { listVersions } from '../../src/lake/versions/list.ts'
import { openStore } from '../../src/store/index.ts'
import type { Raced } from '../lake/race.ts'
import { figure } from '../timing.ts'
import { BenchError, expectEqual, type Measure } from '../types.ts'

const WRITERS = 16
const ROUNDS = 50
const AT_LEAST = 5
const TOGETHER = 'race'
/** The processes start one after the other on two cores, and must all be ready. */
const START_MS = 15_000

export const lakeRace: Measure = {
  name: 'lake-race',
  target: '16 writers, 50 rounds each: no lost commit, one winner per number; ≥ 5 commits/s',
  async run(context) {
    const lake = await context.lake()
    const rounds = context.quick ? 10 : ROUNDS
    const startAt = Date.now() + START_MS
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      lake.work<Raced>(['race', lake.url, TOGETHER, writer, rounds, startAt], { direct: true }),
    )
    const raced = (await Promise.all(writers)).map(({ result }) => result)
    const made = raced.flatMap((one) => one.made)
    const byNumber = new Map(made.map(({ number, id }) => [number, id]))
    expectEqual('the writers', 'number of different numbers', byNumber.size, WRITERS * rounds)
    // What the bucket says, read by someone else.
    const store = openStore(lake.url, { env: lake.minio.env })
    let [versions, files] = [0, 0]
    for await (const { number, id, files: held } of listVersions(openLake({ store }), TOGETHER)) {
      expectEqual('the bucket', `commit id of version ${number}`, id, byNumber.get(number))
      versions++
      files = held
    }
    await store.close()
    expectEqual('the bucket', 'number of versions', versions, made.length)
    expectEqual('the last version', 'number of files', files, made.length)
    const began = Math.min(...raced.map((one) => one.began))
    const ended = Math.max(...raced.map((one) => one.ended))
    if (ended <= began) throw new BenchError('the writers took no time')
    const rate = made.length / ((ended - began) / 1000)
    return [
      figure(
        'writers of one dataset',
        `${WRITERS} processes, ${rounds} rounds each`,
        'no lost commit, one winner per number',
        `${made.length} commits, ${versions} versions, ${files} files`,
        true,
        'every commit is under its number with its id, and its file in the last version',
      ),
      figure(
        'writers of one dataset',
        `${WRITERS} processes, ${rounds} rounds each`,
        `≥ ${AT_LEAST} commits/s`,
        `${rate.toFixed(1)} commits/s`,
        rate >= AT_LEAST,
        undefined,
        raced,
      ),
    ]
  },
}
