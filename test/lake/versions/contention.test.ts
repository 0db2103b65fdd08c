/** Many writers of one dataset: no commit is lost, and each number has one winner. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Lake, VersionDescription } from '../../../src/lake/types.ts'
import { listVersions } from '../../../src/lake/versions/list.ts'
import { addRows, all, fileLake, memoryLake, rowsOf } from './fakes.ts'

const WRITERS = 16
const ROUNDS = process.env.VARVE_RACES === 'full' ? 20 : 6

describe(`${WRITERS} writers, ${ROUNDS} rounds each`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-versions-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const places: readonly [string, () => Lake][] = [
    ['memory://', () => memoryLake()],
    ['file://', () => fileLake(folder)],
  ]

  it.each(places)(
    'have all their rows in the end: %s',
    async (_, open) => {
      const lake = open()
      const write = async (writer: number): Promise<VersionDescription[]> => {
        const made: VersionDescription[] = []
        // Each writer goes on from its own last version: what it knows is old nearly always.
        for (let round = 0; round < ROUNDS; round++) {
          const row = { [`writer${writer}`]: String(round) }
          made.push((await addRows(lake, row, { base: made.at(-1), author: `writer ${writer}` })).version)
        }
        return made
      }
      const made = (await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))).flat()
      const numbers = made.map(({ number }) => number).sort((a, b) => a - b)
      expect(numbers).toEqual(Array.from({ length: WRITERS * ROUNDS }, (_, i) => i + 1))
      const versions = await all(listVersions(lake, 'd'))
      expect(versions.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort())
      const last = Object.fromEntries(
        Array.from({ length: WRITERS }, (_, i) => [`writer${i}`, String(ROUNDS - 1)]),
      )
      expect(rowsOf(versions.at(-1)?.tables.files)).toEqual(last)
      // Each follows the one before it, has all its rows, and is younger.
      for (const [i, version] of versions.entries()) {
        const before = versions[i - 1]
        if (before === undefined) continue
        expect(version.parents).toEqual([{ dataset: 'd', number: before.number, id: before.id }])
        expect(Date.parse(version.created_at)).toBeGreaterThan(Date.parse(before.created_at))
        const changed = Object.entries(rowsOf(version.tables.files)).filter(
          ([key, value]) => rowsOf(before.tables.files)[key] !== value,
        )
        expect(changed).toHaveLength(1)
        expect(`writer ${changed[0]![0].slice('writer'.length)}`).toBe(version.author)
      }
    },
    120_000,
  )
})
