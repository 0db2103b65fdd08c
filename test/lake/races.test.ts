/**
 * Many writers of one dataset, on a disk and on a real S3 server, and answers to commits that get lost on the way.
 *
 * The suite runs a short form of it; with VARVE_RACES=full each writer has 50 rounds, and 1,000 answers are lost.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isVarveError } from '../../src/errors.ts'
import type { Field } from '../../src/formats/batch.ts'
import { isOutcomeUnknown } from '../../src/lake/json.ts'
import { openLake } from '../../src/lake/open.ts'
import { writeRows } from '../../src/lake/table-write.ts'
import type { Lake, Row, VersionDescription } from '../../src/lake/types.ts'
import { verify } from '../../src/lake/upkeep/verify.ts'
import { latestVersion, listVersions } from '../../src/lake/versions/list.ts'
import { type ObjectStore, openStore } from '../../src/store/index.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { each, rowsOf } from './exchange/lakes.ts'

const IS_FULL = process.env.VARVE_RACES === 'full'
const WRITERS = 16
const ROUNDS = IS_FULL ? 50 : 3
const LOST = IS_FULL ? 1000 : 12

const columns: readonly Field[] = [
  { name: 'writer', type: { kind: 'int32' } },
  { name: 'round', type: { kind: 'int32' } },
]

/** A process of its own, as far as the lake goes: its own connections, and nothing known. */
type Open = () => ObjectStore

const folder = mkdtempSync(join(tmpdir(), 'varve-races-'))
let minio: Minio
let proxy: FaultProxy
let bucket: string
const opened: ObjectStore[] = []

beforeAll(async () => {
  minio = await startMinio()
  proxy = await startFaultProxy(minio.endpoint)
  bucket = minio.bucket()
})

afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()))
  await proxy?.stop()
  await minio?.stop()
  rmSync(folder, { recursive: true })
})

function s3(endpoint: string): ObjectStore {
  const store = openStore(`s3://${bucket}/lake/`, { env: { ...minio.env, AWS_ENDPOINT_URL: endpoint } })
  opened.push(store)
  return store
}

const places: readonly [string, Open][] = [
  ['file://', () => openStore(`${folder}/lake/`)],
  ['s3://', () => s3(minio.endpoint)],
]

async function makeLake(open: Open): Promise<Lake> {
  const store = open()
  await store.put('lake.json', Buffer.from('{"format":"varve-lake","version":1,"id":"races"}'))
  return openLake({ store })
}

/** One row, under the writer's own key. */
async function write(
  lake: Lake,
  dataset: string,
  writer: number,
  round: number,
): Promise<VersionDescription> {
  const facts = { dataset, table: 't', mode: 'upsert' as const, key: ['writer'], author: `writer ${writer}` }
  const { version } = await writeRows(lake, facts, { columns, rows: each([{ writer, round }]) })
  return version
}

async function listed(lake: Lake, dataset: string): Promise<VersionDescription[]> {
  const versions: VersionDescription[] = []
  for await (const version of listVersions(lake, dataset)) versions.push(version)
  return versions
}

const byWriter = (rows: readonly Row[]): Map<unknown, unknown> =>
  new Map(rows.map(({ writer, round }) => [writer, round]))

describe(`${WRITERS} writers, ${ROUNDS} rounds each`, () => {
  it.each(places)(
    'lose no commit, and each number has one winner: %s',
    async (scheme, open) => {
      const lake = await makeLake(open)
      const began = performance.now()
      const made = await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          const own = openLake({ store: open() })
          const versions: VersionDescription[] = []
          for (let round = 0; round < ROUNDS; round++) versions.push(await write(own, 'd', writer, round))
          return versions
        }),
      )
      const seconds = (performance.now() - began) / 1000
      const count = WRITERS * ROUNDS
      console.log(
        `races ${scheme} ${count} commits in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(1)} per second`,
      )
      const versions = await listed(lake, 'd')
      expect(versions.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
      expect(versions.map(({ id }) => id).sort()).toEqual(
        made
          .flat()
          .map(({ id }) => id)
          .sort(),
      )
      // Each follows the one before it, and changes the row of its writer alone.
      let before = new Map<unknown, unknown>()
      for (const version of versions.slice(IS_FULL ? 0 : -WRITERS * 2)) {
        const rows = byWriter(await rowsOf(lake, version, 't'))
        const changed = [...rows].filter(([writer, round]) => before.get(writer) !== round)
        if (before.size > 0) expect(changed.map(([writer]) => `writer ${writer}`)).toEqual([version.author])
        before = rows
      }
      expect([...before]).toEqual(Array.from({ length: WRITERS }, (_, writer) => [writer, ROUNDS - 1]))
      expect((await verify(lake)).damaged).toEqual([])
    },
    600_000,
  )
})

describe(`${LOST} lost answers to a commit`, () => {
  it('are all classified rightly, on a real server', async () => {
    const lake = await makeLake(() => s3(minio.endpoint))
    const behind = openLake({ store: s3(proxy.endpoint) })
    let number = (await write(lake, 'lost', 0, 0)).number
    let mine: unknown
    const seen = { done: 0, unknown: 0, dropped: 0 }
    for (let round = 1; round <= LOST; round++) {
      proxy.reset()
      // By turns the request is done and its answer lost, or the request itself; with another writer at the same time.
      const kind = round % 2 === 0 ? ('lost-answer' as const) : ('reset' as const)
      proxy.inject({ kind, method: 'PUT', path: /dataset_description\.json/ })
      const isRaced = round % 4 >= 2
      const [outcome] = await Promise.all([
        write(behind, 'lost', 1, round).catch((error: unknown) => error),
        isRaced ? write(lake, 'lost', 2, round) : undefined,
      ])
      if (proxy.requests.some((request) => request.startsWith('PUT') && request.endsWith('description.json')))
        seen.dropped++
      const latest = (await latestVersion(lake, 'lost'))!
      const rows = byWriter(await rowsOf(lake, latest, 't'))
      if (isVarveError(outcome)) {
        // It may come yet, so nothing can be said of it but that.
        expect(isOutcomeUnknown(outcome)).toBe(true)
        seen.unknown++
        mine = rows.get(1)
      } else {
        expect(outcome).toMatchObject({ author: 'writer 1' })
        seen.done++
        mine = round
      }
      expect(rows.get(1)).toBe(mine)
      if (isRaced) expect(rows.get(2)).toBe(round)
      const isMine = rows.get(1) === round
      // Once, never twice.
      number += Number(isMine) + Number(isRaced)
      expect(latest.number).toBe(number)
    }
    expect(seen.dropped).toBe(LOST)
    console.log(`races lost answers: ${JSON.stringify(seen)}`)
    const versions = await listed(lake, 'lost')
    expect(new Set(versions.map(({ id }) => id)).size).toBe(versions.length)
  }, 600_000)
})
