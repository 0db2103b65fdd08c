/** Several processes at once on one lake: everyone's work is there, and one winner per number, name and key. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CODES } from '../../src/errors.ts'
import { done, json, versionsOf } from './lake.ts'
import { type Ended, failureOf, type Row, Workplace } from './program.ts'

const place = new Workplace()
afterAll(() => place.remove())

beforeAll(async () => {
  await done(place, ['init', 'lake'])
})

const all = (argvs: readonly (readonly string[])[], stdins: readonly string[] = []): Promise<Ended[]> =>
  Promise.all(argvs.map((argv, i) => place.run([...argv, '--json'], { stdin: stdins[i] ?? '' })))

const ok = (ended: Ended): Row => {
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(ended.stdout) as Row
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

test('eight adds of disjoint folders: versions 1 to 8, every file in the last', async () => {
  for (const i of upTo(8)) {
    mkdirSync(place.path(`in${i}`))
    for (const j of upTo(3)) writeFileSync(place.path(`in${i}/${j}.txt`), `${i} ${j}\n`)
  }
  const ended = await all(upTo(8).map((i) => ['add', `in${i}`, '--dataset', 'd', '--prefix', `in${i}`]))
  const won = ended.map((one) => ok(one).version as number)
  expect(won.sort((a, b) => a - b)).toEqual(upTo(8))
  expect(await versionsOf(place, 'd')).toEqual(upTo(8))
  const [counted] = await place.rows(
    "select count(*)::int as n, count(distinct sha256)::int as d from files('d')",
  )
  expect(counted).toEqual({ n: 24, d: 24 })
  // Each version has what the one before had, and one folder more.
  const counts = await place.rows(
    "select version::int as v, files::int as n from versions('d') order by version",
  )
  expect(counts).toEqual(upTo(8).map((v) => ({ v, n: 3 * v })))
})

test('four upserts of disjoint keys: all rows are there', async () => {
  await done(place, ['table', 'write', 't', 'rows', '-', '--key', 'id'], { stdin: 'id,who\n0,0\n' })
  const argv = ['table', 'write', 't', 'rows', '-', '--mode', 'upsert']
  const rows = (i: number): string =>
    `id,who\n${upTo(50)
      .map((j) => `${100 * i + j},${i}\n`)
      .join('')}`
  const ended = await all(
    upTo(4).map(() => argv),
    upTo(4).map(rows),
  )
  expect(ended.map((one) => ok(one).version as number).sort()).toEqual([2, 3, 4, 5])
  const counted = await place.rows(
    "select who::int as who, count(*)::int as n from dataset_table('t', 'rows') group by all order by who",
  )
  expect(counted).toEqual([{ who: 0, n: 1 }, ...upTo(4).map((who) => ({ who, n: 50 }))])
})

test('upserts of one key: who comes too late is told the key, and changes nothing', async () => {
  const argv = ['table', 'write', 'same', 'rows', '-']
  await done(place, [...argv, '--key', 'id'], { stdin: 'id,who\n1,0\n2,0\n' })
  const ended = await all(
    upTo(6).map(() => [...argv, '--mode', 'upsert']),
    upTo(6).map((i) => `id,who\n1,${i}\n`),
  )
  const won = ended.filter(({ code }) => code === 0)
  const lost = ended.filter(({ code }) => code !== 0)
  expect(won.length).toBeGreaterThan(0)
  for (const one of lost) {
    expect([one.code, one.stdout]).toEqual([CODES.conflict.exit, ''])
    const failure = failureOf(one)
    expect(failure).toMatchObject({ code: 'conflict' })
    expect(JSON.stringify(failure)).toContain('"id"')
  }
  // No version is lost, and the last one holds what its writer wrote.
  expect(await versionsOf(place, 'same')).toEqual(upTo(1 + won.length))
  const last = won.map(ok).findIndex(({ version }) => version === 1 + won.length)
  const writer = ended.indexOf(won[last]!) + 1
  expect(await place.rows("select who::int as who from dataset_table('same', 'rows') where id = 1")).toEqual([
    { who: writer },
  ])
})

test('tags move to one of those who asked; a label has one winner; neither breaks a version', async () => {
  const tagged = await all(upTo(4).map((v) => ['tag', `d@${v}`, 'current']))
  for (const one of tagged) ok(one)
  const rows = await json<{ version: number; tags: string[] }[]>(place, ['versions', 'd'])
  const tags = rows.filter((row) => row.tags.includes('current'))
  expect(tags).toHaveLength(1)
  expect(tags[0]!.version).toBeLessThanOrEqual(4)
  const labelled = await all(upTo(4).map((v) => ['label', `d@${v}`, 'the-one']))
  expect(labelled.map(({ code }) => code).sort((a, b) => Number(a) - Number(b))).toEqual([0, 14, 14, 14])
  const winner = labelled.findIndex(({ code }) => code === 0) + 1
  const after = await json<{ version: number; label: string | null }[]>(place, ['versions', 'd'])
  expect(after.filter(({ label }) => label !== null).map(({ version }) => version)).toEqual([winner])
})

test('gc beside commits takes nothing that they need', async () => {
  const ended = await all([
    ...upTo(3).map((i) => ['add', `in${i}`, '--dataset', 'beside', '--prefix', `p${i}`]),
    ['gc'],
    ['gc', '--dry-run'],
  ])
  for (const one of ended) ok(one)
  expect(await json(place, ['verify', '--full'])).toMatchObject({ damaged: [] })
  expect(await place.rows("select count(*)::int as n from files('beside')")).toEqual([{ n: 9 }])
})
