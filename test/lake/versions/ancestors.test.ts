import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lake, VersionDescription } from '../../../src/lake/types.ts'
import { commonAncestor } from '../../../src/lake/versions/ancestors.ts'
import { commit, parentOf } from '../../../src/lake/versions/commit.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { addRows, counted, memoryLake, tools, versionsOf } from './fakes.ts'

async function fork(lake: Lake, from: VersionDescription, dataset: string): Promise<VersionDescription> {
  const draft = { dataset, base: undefined, tables: from.tables, author: 'a', parents: [parentOf(from)] }
  return (await commit(lake, draft, tools)).version
}

async function merge(
  lake: Lake,
  into: VersionDescription,
  from: VersionDescription,
): Promise<VersionDescription> {
  return (await addRows(lake, {}, { dataset: into.dataset, base: into, parents: [parentOf(from)] })).version
}

describe('commonAncestor', () => {
  it('is the older of two in one line', async () => {
    const lake = memoryLake()
    const versions = await versionsOf(lake, 40)
    expect(await commonAncestor(lake, versions[39]!, versions[3]!)).toEqual(versions[3])
    expect(await commonAncestor(lake, versions[3]!, versions[39]!)).toEqual(versions[3])
    expect(await commonAncestor(lake, versions[7]!, versions[7]!)).toEqual(versions[7])
  })

  it('is where a fork began, or what was merged last', async () => {
    const lake = memoryLake()
    const main = await versionsOf(lake, 3)
    let side = await fork(lake, main[1]!, 'side')
    side = (await addRows(lake, { side: '1' }, { dataset: 'side' })).version
    expect(await commonAncestor(lake, main[2]!, side)).toEqual(main[1])
    const merged = await merge(lake, main[2]!, side)
    const later = (await addRows(lake, { side: '2' }, { dataset: 'side' })).version
    expect(await commonAncestor(lake, merged, later)).toEqual(side)
  })

  it('is undefined for datasets that have nothing in common', async () => {
    const lake = memoryLake()
    const [[a], [b]] = [await versionsOf(lake, 1, 'a'), await versionsOf(lake, 1, 'b')]
    expect(await commonAncestor(lake, a!, b!)).toBeUndefined()
  })

  it('is never a deleted version, but lies behind it', async () => {
    const lake = memoryLake()
    const main = await versionsOf(lake, 4)
    const side = await fork(lake, main[2]!, 'side')
    await deleteVersion(lake, 'd', 3)
    expect(await commonAncestor(lake, main[3]!, side)).toEqual(main[1])
  })

  it('ends where a version is gone without a trace', async () => {
    const lake = memoryLake()
    const main = await versionsOf(lake, 3)
    const side = await fork(lake, main[1]!, 'side')
    for await (const entry of lake.store.list('datasets/d/versions/000002/'))
      if ('key' in entry) await lake.store.delete(entry.key)
    expect(await commonAncestor(lake, main[2]!, side)).toBeUndefined()
  })

  it('reads a long line some versions at a time', async () => {
    const plain = memoryLake()
    const versions = await versionsOf(plain, 100)
    const { lake, calls } = counted(plain)
    expect((await commonAncestor(lake, versions[99]!, versions[9]!))?.number).toBe(10)
    expect(calls.length).toBeLessThan(110)
    expect(new Set(calls).size).toBe(calls.length)
  })

  it('is an ancestor of both, and no other common one comes after it, in any history', async () => {
    const step = fc.record({ of: fc.nat(), with: fc.nat(), kind: fc.constantFrom('commit', 'fork', 'merge') })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const lake = memoryLake(() => 0)
        const heads = new Map<string, VersionDescription>()
        const known = new Map<string, VersionDescription>()
        const add = (version: VersionDescription): void => {
          heads.set(version.dataset, version)
          known.set(version.id, version)
        }
        add((await versionsOf(lake, 1, 'd0'))[0]!)
        for (const [i, { of, with: other, kind }] of steps.entries()) {
          const all = [...heads.values()]
          const [head, second] = [all[of % all.length]!, all[other % all.length]!]
          const { dataset } = head
          if (kind === 'fork') add(await fork(lake, head, `d${i + 1}`))
          else if (kind === 'merge' && second.dataset !== dataset) add(await merge(lake, head, second))
          else add((await addRows(lake, { [`r${i}`]: '1' }, { dataset, base: head })).version)
        }
        const ancestors = ({ id }: VersionDescription, seen = new Set<string>()): Set<string> => {
          seen.add(id)
          for (const parent of known.get(id)!.parents) ancestors(known.get(parent.id)!, seen)
          return seen
        }
        const last = [...heads.values()]
        const [a, b] = [last[0]!, last.at(-1)!]
        const theirs = ancestors(b)
        const common = [...ancestors(a)].filter((id) => theirs.has(id))
        const found = await commonAncestor(lake, a, b)
        expect(common).toContain(found?.id)
        for (const id of common)
          if (id !== found!.id) expect(ancestors(known.get(id)!).has(found!.id)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
})
