/** Answers that never come, and writers that stop in the middle. */

import { describe, expect, it } from 'vitest'
import { isVarveError, VarveError } from '../../../src/errors.ts'
import type { Lake, VersionDescription } from '../../../src/lake/types.ts'
import { commit } from '../../../src/lake/versions/commit.ts'
import { latestVersion, listVersions } from '../../../src/lake/versions/list.ts'
import { resolveVersion } from '../../../src/lake/versions/resolve.ts'
import { expectCode } from '../../contract/bytes.ts'
import { addRows, all, type Call, type Fate, memoryLake, rowsOf, tools, withFates } from './fakes.ts'

const isDescription = ({ op, key }: Call): boolean => op === 'put' && key.endsWith('description.json')

describe('a commit whose answer is lost', () => {
  it('is classified rightly in 1,000 rounds, with another writer in between or not', async () => {
    const seen = { committed: 0, failed: 0, races: 0 }
    let lake = memoryLake()
    let known: VersionDescription | undefined
    let numbers = 0
    for (let round = 0; round < 1000; round++) {
      if (round % 50 === 0) {
        lake = memoryLake()
        known = (await addRows(lake, { start: '1' })).version
        numbers = 1
      }
      // By turns: the request is lost, the answer is lost, and the same after someone else has won the number.
      const fate: Fate = round % 2 === 0 ? 'lost' : 'unanswered'
      const isRaced = round % 4 >= 2
      let isFirst = true
      const faulty = withFates(lake, async (call) => {
        if (!isDescription(call) || !isFirst) return 'works'
        isFirst = false
        if (isRaced) await addRows(lake, { other: String(round) }, { base: known })
        return fate
      })
      const mine = { mine: String(round) }
      const outcome = await addRows(faulty, mine, { base: known }).catch((error: unknown) => error)
      const latest = (await latestVersion(lake, 'd'))!
      const rows = rowsOf(latest.tables.files)
      if (isVarveError(outcome)) {
        seen.failed++
        expect(outcome).toMatchObject({ code: 'unavailable', details: { outcome: 'unknown' } })
        expect(rows).not.toMatchObject(mine)
      } else {
        seen.committed++
        numbers++
        expect(outcome).toMatchObject({ created: true, version: { id: latest.id, number: latest.number } })
        expect(rows).toMatchObject(mine)
      }
      if (isRaced) {
        seen.races++
        numbers++
        expect(rows).toMatchObject({ other: String(round) })
      }
      // Nothing was committed twice.
      expect(latest.number).toBe(numbers)
      known = latest
    }
    // A lost request is a failure when nobody else took the number, and otherwise a lost race.
    expect(seen).toEqual({ committed: 750, failed: 250, races: 500 })
  })

  it('says that nobody can know when reading back fails, too', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    let isDown = false
    const faulty = withFates(lake, (call) => {
      if (isDescription(call)) isDown = true
      return isDown ? 'unanswered' : 'works'
    })
    const outcome = await addRows(faulty, { b: '1' }, { base, label: 'raw' }).catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: 'unavailable', details: { outcome: 'unknown' } })
    expect((outcome as Error).message).toContain('whether memory://')
    // It was made, with its label.
    const version = await resolveVersion(lake, { dataset: 'd', version: { kind: 'name', name: 'raw' } })
    expect(version).toMatchObject({ number: 2, label: 'raw' })
  })

  it('is done when the request was sent twice below, and the second found the first', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    const { store } = lake
    const put: typeof store.put = async (key, body, options) => {
      await store.put(key, body, options)
      return store.put(key, body, options)
    }
    const twice: Lake = { ...lake, store: { ...store, put } }
    const { version, created } = await addRows(twice, { b: '1' }, { base, label: 'raw' })
    expect({ number: version.number, label: version.label, created }).toEqual({
      number: 2,
      label: 'raw',
      created: true,
    })
    expect(await all(listVersions(lake, 'd'))).toEqual([base, version])
  })

  it('keeps its label while it may still arrive', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    let arrive = async (): Promise<unknown> => undefined
    const put: typeof lake.store.put = async (key, body, options) => {
      if (!isDescription({ op: 'put', key })) return lake.store.put(key, body, options)
      arrive = () => lake.store.put(key, body, options)
      throw new VarveError('unavailable', `${key}: no answer`)
    }
    const delayed: Lake = { ...lake, store: { ...lake.store, put } }
    await expectCode(addRows(delayed, { b: '1' }, { base, label: 'raw' }), 'unavailable', 'no answer')
    await expectCode(addRows(lake, { c: '1' }, { label: 'raw' }), 'conflict', 'has not come yet')
    await arrive()
    const version = await resolveVersion(lake, { dataset: 'd', version: { kind: 'name', name: 'raw' } })
    expect(version).toMatchObject({ number: 2, label: 'raw' })
  })

  it('is done when it was cancelled after it was made', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    const controller = new AbortController()
    const cancelled = withFates(lake, (call) => {
      if (!isDescription(call)) return 'works'
      setTimeout(() => controller.abort())
      return 'unanswered'
    })
    const draft = { base, signal: controller.signal }
    expect((await addRows(cancelled, { b: '1' }, draft)).version.number).toBe(2)
  })
})

describe('a writer that stops at a call', () => {
  /** Commits over a store that is gone from its `n`th call on; that call is done or not. */
  async function stopAt(lake: Lake, n: number, fate: Fate, work: (lake: Lake) => Promise<unknown>) {
    let calls = 0
    const dying = withFates(lake, () => {
      calls++
      return calls < n ? 'works' : calls === n ? fate : 'lost'
    })
    const outcome = await work(dying).catch((error: unknown) => error)
    return { outcome, calls }
  }

  const scenarios: readonly [string, (lake: Lake, base: VersionDescription) => Promise<unknown>][] = [
    ['a commit', (lake, base) => addRows(lake, { mine: '1' }, { base })],
    ['a commit with a label', (lake, base) => addRows(lake, { mine: '1' }, { base, label: 'raw' })],
    [
      'a commit that loses its first race',
      (lake, base) => addRows(lake, { mine: '1' }, { base, label: 'raw' }),
    ],
  ]

  for (const [name, work] of scenarios)
    for (const fate of ['lost', 'unanswered'] as const)
      it(`leaves whole versions behind: ${name}, the last call ${fate}`, async () => {
        let n = 1
        for (; n < 100; n++) {
          let time = 1_000_000
          const lake = memoryLake(() => time)
          const base = (await addRows(lake, { start: '1' })).version
          const isRaced = name.includes('race')
          if (isRaced) await addRows(lake, { other: '1' }, { base })
          const { outcome, calls } = await stopAt(lake, n, fate, (dying) => work(dying, base))
          const latest = (await latestVersion(lake, 'd'))!
          const isMade = 'mine' in rowsOf(latest.tables.files)
          // Whoever was told that it is done finds it, and whoever finds it was not told that it is not.
          if (!isVarveError(outcome)) expect(isMade).toBe(true)
          else if (isMade) expect(outcome.details.outcome).toBe('unknown')
          const rows = { start: '1', ...(isRaced ? { other: '1' } : {}), ...(isMade ? { mine: '1' } : {}) }
          expect(rowsOf(latest.tables.files)).toEqual(rows)
          expect(await all(listVersions(lake, 'd'))).toHaveLength(Object.keys(rows).length)
          // The next commit works, and after the grace period its label is free where no commit has it.
          const next = await addRows(lake, { next: '1' })
          expect(rowsOf(next.version.tables.files)).toEqual({ ...rows, next: '1' })
          time += 8 * 24 * 3600_000
          const relabelled = addRows(lake, { last: '1' }, { label: 'raw' }).catch((error: unknown) => error)
          const isLabelled = isMade && latest.label === 'raw'
          if (isLabelled) expect(isVarveError(await relabelled, 'conflict')).toBe(true)
          else expect(await relabelled).toMatchObject({ created: true, version: { label: 'raw' } })
          if (calls < n) break
        }
        // Every call of the commit was once the last.
        expect(n).toBeGreaterThan(2)
        expect(n).toBeLessThan(20)
      })

  it('is the same for the first version of a dataset', async () => {
    for (let n = 1; n <= 2; n++)
      for (const fate of ['lost', 'unanswered'] as const) {
        const lake = memoryLake()
        const draft = { dataset: 'd', base: undefined, tables: {}, author: 'a' }
        const { outcome } = await stopAt(lake, n, fate, (dying) => commit(dying, draft, tools))
        const latest = await latestVersion(lake, 'd')
        if (!isVarveError(outcome)) expect(latest?.number).toBe(1)
        expect((await addRows(lake, { a: '1' })).version.number).toBe(latest === undefined ? 1 : 2)
      }
  })
})
