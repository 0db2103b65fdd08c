/** Which versions and datasets there are. */

import * as z from 'zod'
import { isVarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import { type Kind, readJson, writeJson } from '../json.ts'
import {
  DATASETS,
  datasetOfPrefix,
  descriptionKey,
  LAST_NUMBER,
  latestKey,
  numberOfKey,
  settingsKey,
  versionsPrefix,
} from '../layout.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { inOrder } from '../work/in-order.ts'
import { readDescription, readRecord, type VersionRecord } from './description.ts'

const HINT: Kind<{ readonly number: number }> = {
  format: 'varve-latest',
  noun: 'the latest version of a dataset',
  shape: z.looseObject({ number: z.number().int().min(1).max(LAST_NUMBER) }),
}

export interface LatestOptions extends StoreOptions {
  /** A number that is known to be committed: asked instead of the hint. */
  readonly known?: number | undefined
}

/**
 * The newest version, or undefined where there is none. Two requests one after the other when the hint is right or
 * its version the last but few: the hint, then what lies behind it together with its description.
 */
export async function latestVersion(
  lake: Lake,
  dataset: string,
  options: LatestOptions = {},
): Promise<VersionDescription | undefined> {
  const { signal } = options
  const hint = options.known ?? (await readHint(lake, dataset, { signal }))
  if (hint !== undefined) {
    const hinted = readRecord(lake, dataset, hint, { signal })
    // Only asked for when nothing lies behind it; a damaged older version is no reason to fail.
    hinted.catch(() => {})
    const newest = await lastOf(numbersAfter(lake, dataset, hint, { signal }))
    const record = newest === undefined ? await hinted : await readRecord(lake, dataset, newest, { signal })
    if (record?.deleted === false) return record.description
  }
  // The hint is of a version that never was: it says nothing about the others.
  const numbers: number[] = []
  for await (const number of numbersAfter(lake, dataset, 0, { signal })) numbers.push(number)
  for (const number of numbers.reverse()) {
    const description = await readDescription(lake, dataset, number, { signal })
    if (description !== undefined) return description
  }
  return undefined
}

/** The newest version's number, or undefined where there is none. */
export async function latestNumber(
  lake: Lake,
  dataset: string,
  options: LatestOptions = {},
): Promise<number | undefined> {
  return (await latestVersion(lake, dataset, options))?.number
}

/** Leaves a hint for those who look for the newest version. */
export async function writeHint(
  lake: Lake,
  dataset: string,
  number: number,
  options: StoreOptions = {},
): Promise<void> {
  await writeJson(lake.store, latestKey(dataset), HINT, { number }, options)
}

async function readHint(lake: Lake, dataset: string, options: StoreOptions): Promise<number | undefined> {
  try {
    return (await readJson(lake.store, latestKey(dataset), HINT, options))?.value.number
  } catch (error) {
    // Whatever stands there, it is only a hint.
    if (isVarveError(error, 'invalid-data', 'unsupported')) return undefined
    throw error
  }
}

/** Committed numbers greater than `after`, in order, those of deleted versions among them. */
export async function* numbersAfter(
  lake: Lake,
  dataset: string,
  after: number,
  { signal }: StoreOptions = {},
): AsyncGenerator<number> {
  const from = after === 0 ? undefined : descriptionKey(dataset, after)
  for await (const entry of lake.store.list(versionsPrefix(dataset), { after: from, signal })) {
    const number = 'key' in entry ? numberOfKey(dataset, entry.key) : undefined
    if (number !== undefined) yield number
  }
}

/** Committed numbers greater than `after` in order with their descriptions, deleted versions among them. */
export async function* recordsAfter(
  lake: Lake,
  dataset: string,
  after: number,
  options: StoreOptions = {},
): AsyncGenerator<VersionRecord> {
  const numbers = numbersAfter(lake, dataset, after, options)
  for await (const record of inOrder(numbers, (number) => readRecord(lake, dataset, number, options)))
    if (record !== undefined) yield record
}

/** All versions from the first to the latest. */
export async function* listVersions(
  lake: Lake,
  dataset: string,
  signal?: AbortSignal,
): AsyncGenerator<VersionDescription> {
  for await (const { description, deleted } of recordsAfter(lake, dataset, 0, { signal }))
    if (!deleted) yield description
}

/** Names of the datasets, in order: those that have a version or settings. */
export async function* listDatasets(lake: Lake, signal?: AbortSignal): AsyncGenerator<string> {
  const entries = lake.store.list(DATASETS, { delimiter: '/', signal })
  const names = inOrder(entries, async (entry) => {
    const name = 'prefix' in entry ? datasetOfPrefix(entry.prefix) : undefined
    return name !== undefined && (await datasetExists(lake, name, { signal })) ? name : undefined
  })
  for await (const name of names) if (name !== undefined) yield name
}

/** Whether the dataset has a version or settings; what a commit that never came left behind is none. */
export async function datasetExists(
  lake: Lake,
  dataset: string,
  options: StoreOptions = {},
): Promise<boolean> {
  for await (const _ of numbersAfter(lake, dataset, 0, options)) return true
  return (await lake.store.info(settingsKey(dataset), options)) !== undefined
}

async function lastOf(numbers: AsyncIterable<number>): Promise<number | undefined> {
  let last: number | undefined
  for await (const number of numbers) last = number
  return last
}
