/** Runs a sequence of steps on a lake and on the reference, and compares them. */

import { expect } from 'vitest'
import { isVarveError } from '../../src/errors.ts'
import { isOutcomeUnknown } from '../../src/lake/json.ts'
import { descriptionKey } from '../../src/lake/layout.ts'
import type { Lake, VersionDescription } from '../../src/lake/types.ts'
import { gc } from '../../src/lake/upkeep/gc.ts'
import { isContentKey } from '../../src/lake/upkeep/named.ts'
import { verify } from '../../src/lake/upkeep/verify.ts'
import { latestNumber } from '../../src/lake/versions/list.ts'
import { type Label, Reference, Refusal, tablesText } from './reference.ts'
import { type Edit, edit, editTables, expected, perform, type SoloStep, type Step } from './steps.ts'
import {
  DATASETS,
  type DatasetState,
  entriesOf,
  makeWorld,
  readDataset,
  readTables,
  type World,
} from './world.ts'

/** A step, and where its process is killed: at which call to the store, and whether the call is done by then. */
export interface Act {
  readonly step: Step
  readonly kill?: { readonly at: number; readonly after: boolean } | undefined
}

const DAY = 24 * 3600_000

/** Throws at the first difference. */
export async function runSequence(acts: readonly Act[]): Promise<void> {
  const world = await makeWorld()
  let reference = new Reference()
  for (const { step, kill } of acts) {
    if (step.op === 'wait') world.clock.time += step.days * DAY
    else if (step.op === 'verify') await expectSound(world.lake, step.full)
    else if (step.op === 'both') await together(world, reference, step)
    else if (kill === undefined) await solo(world, reference, step)
    else reference = await killed(world, reference, step, kill)
    await compare(world, reference)
  }
  await compareAll(world, reference)
}

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
    return undefined
  } catch (error) {
    return error
  }
}

function expectOutcome(outcome: unknown, refusal: Refusal | undefined): void {
  if (outcome !== undefined && !isVarveError(outcome)) throw outcome
  expect(outcome?.code, (outcome as Error | undefined)?.stack).toBe(refusal?.code)
}

async function solo(world: World, reference: Reference, step: SoloStep): Promise<void> {
  const outcome = await outcomeOf(perform(world.lake, reference.clone(), step))
  expectOutcome(outcome, await expected(reference, step, world.clock.time))
}

/** What is there afterwards is as before the step, or as after it. */
async function killed(
  world: World,
  reference: Reference,
  step: SoloStep,
  kill: NonNullable<Act['kill']>,
): Promise<Reference> {
  const outcome = await outcomeOf(perform(world.process(kill), reference.clone(), step))
  const after = reference.clone()
  const refusal = await expected(after, step, world.clock.time)
  for (const one of [reference, after]) await adoptLabels(world, one, step)
  const isDone = (await differences(world, after)).length === 0
  const isUndone = (await differences(world, reference)).length === 0
  if (!isDone) expect(await differences(world, reference), 'neither done nor undone').toEqual([])
  // Whoever was told that it is done, or refused, can rely on it.
  if (outcome === undefined && refusal === undefined) expect(isDone, 'done, as it was told').toBe(true)
  if (outcome === undefined) expect(refusal, 'refused').toBe(undefined)
  const isCommit = reference.alive().length !== after.alive().length && step.op !== 'delete'
  if (outcome !== undefined && isDone && !isUndone && isCommit)
    expect(isOutcomeUnknown(outcome), 'told that nobody knows').toBe(true)
  return isDone ? after : reference
}

/** A reservation that a killed process leaves behind is no difference: it is expected from now on. */
async function adoptLabels(world: World, reference: Reference, step: SoloStep): Promise<void> {
  const name = step.op === 'label' ? step.name : 'label' in step ? step.label : undefined
  for (const dataset of DATASETS) {
    const held = reference.of(dataset).labels
    const { labels } = await readDataset(world.lake, dataset)
    const there = labels.get(name ?? '')
    if (name === undefined) {
      if (step.op !== 'gc') continue
      for (const [old, { ...found }] of held) if ('since' in found && !labels.has(old)) held.delete(old)
      continue
    }
    const known = held.get(name)
    if (known !== undefined && 'number' in known && step.op !== 'label') continue
    if (there === undefined) held.delete(name)
    else if (there.number === undefined) held.set(name, { since: there.since })
    else if (step.op === 'label') held.set(name, { number: there.number })
  }
}

/** Two processes edit a dataset, both having seen the same version before the first one commits. */
async function together(
  world: World,
  reference: Reference,
  { dataset, first, second }: Extract<Step, { op: 'both' }>,
): Promise<void> {
  const base = reference.latest(dataset)
  const edits: readonly Edit[] = [first, second]
  const made = await Promise.all(edits.map((one) => editTables(base, one)))
  const gate = meetingPoint(world, descriptionKey(dataset, (base?.number ?? 0) + 1))
  const ends = await Promise.all(
    edits.map(async (one) => {
      const { lake, leave } = gate()
      try {
        return { version: (await edit(lake, reference, dataset, one)).version }
      } catch (error) {
        if (!isVarveError(error)) throw error
        return { error }
      } finally {
        leave()
      }
    }),
  )
  const number = (i: number): number => ends[i]!.version?.number ?? Number.POSITIVE_INFINITY
  const order = number(0) <= number(1) ? [0, 1] : [1, 0]
  for (const i of order) {
    const tables = made[i]!
    const outcome =
      tables instanceof Refusal ? tables : reference.commit(dataset, base, tables, { now: world.clock.time })
    expectOutcome(ends[i]!.error, outcome instanceof Refusal ? outcome : undefined)
  }
}

/** Lakes of processes that wait for each other before they put `key`. */
function meetingPoint(world: World, key: string): () => { lake: Lake; leave: () => void } {
  let expectedAt = 2
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const arrive = (): void => {
    if (--expectedAt === 0) open()
  }
  return () => {
    const lake = world.process()
    let isHere = false
    const come = (): void => {
      if (!isHere) arrive()
      isHere = true
    }
    const store: Lake['store'] = {
      ...lake.store,
      async put(name, body, options) {
        if (name === key) {
          come()
          await opened
        }
        return lake.store.put(name, body, options)
      },
    }
    return { lake: { ...lake, store }, leave: come }
  }
}

async function compare(world: World, reference: Reference): Promise<void> {
  expect(await differences(world, reference)).toEqual([])
}

/** Latest rows, numbers, parents and refs of every dataset, by the lake and by the reference. */
async function differences(world: World, reference: Reference): Promise<string[]> {
  const found: string[] = []
  for (const dataset of DATASETS) {
    const state = await readDataset(world.lake, dataset)
    const [is, should] = [stateText(state), modelText(reference, dataset)]
    if (is !== should) found.push(`${dataset} is\n  ${is}\nand should be\n  ${should}`)
    const latest = state.versions.at(-1)
    const model = reference.latest(dataset)
    if (latest === undefined || model === undefined || latest.number !== model.number) continue
    const rows = await latestText(world, latest)
    if (rows !== tablesText(model.tables))
      found.push(`${dataset}@${latest.number} has\n  ${rows}\nand should have\n  ${tablesText(model.tables)}`)
    if ((await latestNumber(world.lake, dataset)) !== latest.number)
      found.push(`the latest of ${dataset} is not ${latest.number}`)
  }
  return found
}

/** A version does not change, so it is read once as a latest one; `compareVersions` reads all again in the end. */
async function latestText({ lake, texts }: World, version: VersionDescription): Promise<string> {
  const text = texts.get(version.id) ?? tablesText(await readTables(lake, version))
  texts.set(version.id, text)
  return text
}

function stateText({ versions, deleted, labels, tags }: DatasetState): string {
  const places = versions.map(({ number, parents }) => [
    number,
    parents.map((one) => `${one.dataset}@${one.number}`),
  ])
  const named = [...labels].map(([name, { number }]) => [name, number ?? 'reserved'])
  return JSON.stringify([places, [...deleted], named.sort(), [...tags].sort()])
}

function modelText(reference: Reference, dataset: string): string {
  const { versions, deleted, labels, tags } = reference.of(dataset)
  const places = versions.map(({ number, parents }) => [
    number,
    parents.map((one) => `${one.dataset}@${one.number}`),
  ])
  const number = (held: Label): number | string => ('number' in held ? held.number : 'reserved')
  const named = [...labels].map(([name, held]) => [name, number(held)])
  return JSON.stringify([places, [...deleted].sort((a, b) => a - b), named.sort(), [...tags].sort()])
}

/** Every version that is there is what it was when it was made, whatever came after; and garbage is garbage. */
async function compareAll(world: World, reference: Reference): Promise<void> {
  await expectSound(world.lake, true)
  await compareVersions(world.process(), reference)
  const kept = await gc(world.process(), { graceSeconds: 0 })
  await expectSound(world.lake, true)
  await compareVersions(world.process(), reference)
  expect(kept.versions).toBe(reference.alive().length)
  // Nothing is left that no version names: what a lake of nothing but these versions would hold.
  expect(await gc(world.process(), { graceSeconds: 0 })).toMatchObject({ objects: 0, deleted: [] })
  if (reference.alive().length === 0) {
    const content = (await entriesOf(world.lake.store, '')).filter(({ key }) => isContentKey(key))
    expect(content).toEqual([])
  }
}

async function compareVersions(lake: Lake, reference: Reference): Promise<void> {
  const texts = new Map<string, string>()
  for (const dataset of DATASETS) {
    const { versions } = await readDataset(lake, dataset)
    for (const model of reference.of(dataset).versions) {
      if (!reference.isAlive(model)) continue
      const version = versions[model.number - 1]!
      const text = tablesText(model.tables)
      expect(tablesText(await readTables(lake, version)), `${dataset}@${model.number}`).toBe(text)
      // Equal data has equal hashes, in every dataset, and other data others.
      expect(texts.get(version.hash) ?? text, 'equal hashes').toBe(text)
      texts.set(version.hash, text)
    }
  }
  expect(new Set(texts.values()).size, 'hashes of equal data').toBe(texts.size)
}

async function expectSound(lake: Lake, full: boolean): Promise<void> {
  const { damaged } = await verify(lake, undefined, { full })
  expect(damaged).toEqual([])
}
