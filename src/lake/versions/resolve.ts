/** From what people write after the `@` to a version. */

import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import { numberOfName, type Reference } from '../reference.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { readDescription, readRecord } from './description.ts'
import { commitOf } from './labels.ts'
import { latestVersion, numbersAfter } from './list.ts'
import { noSuchVersion } from './missing.ts'
import { readLabel, readTag } from './refs.ts'

/**
 * The version that a reference means; `not-found`, with what there is instead, when it means none. A number takes
 * one request.
 */
export async function resolveVersion(
  lake: Lake,
  { dataset, version }: Reference,
  options: StoreOptions = {},
): Promise<VersionDescription> {
  const found = await find(lake, { dataset, version }, options)
  if (found !== undefined) return found
  throw await noSuchVersion(lake, dataset, version, options)
}

function find(
  lake: Lake,
  { dataset, version }: Reference,
  options: StoreOptions,
): Promise<VersionDescription | undefined> {
  switch (version.kind) {
    case 'latest':
      return latestVersion(lake, dataset, options)
    case 'number':
      return readDescription(lake, dataset, version.number, options)
    case 'time':
      return committedBy(lake, dataset, version.until, options)
    case 'name':
      return named(lake, dataset, version.name, options)
  }
}

/** Versions are in the order of their times, deleted ones too, so halving finds the last one by then. */
async function committedBy(
  lake: Lake,
  dataset: string,
  until: number,
  options: StoreOptions,
): Promise<VersionDescription | undefined> {
  const numbers: number[] = []
  for await (const number of numbersAfter(lake, dataset, 0, options)) numbers.push(number)
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    const record = await readRecord(lake, dataset, numbers[middle]!, options)
    if (record !== undefined && Date.parse(record.description.created_at) <= until) low = middle + 1
    else high = middle
  }
  for (const number of numbers.slice(0, low).reverse()) {
    const description = await readDescription(lake, dataset, number, options)
    if (description !== undefined) return description
  }
  return undefined
}

async function named(
  lake: Lake,
  dataset: string,
  name: string,
  options: StoreOptions,
): Promise<VersionDescription | undefined> {
  const [label, tag] = await Promise.all([
    readLabel(lake, dataset, name, options),
    readTag(lake, dataset, name, options),
  ])
  for (const [kind, ref] of [['label', label?.value] as const, ['tag', tag?.value] as const]) {
    const record = ref === undefined ? undefined : await commitOf(lake, dataset, ref, options)
    if (record?.deleted === false) return record.description
    if (record?.deleted === true) {
      const { number } = record.description
      const message = `the ${kind} ${name} of ${dataset} names version ${number}, which was deleted`
      throw new VarveError('not-found', message, { dataset, number })
    }
  }
  const number = numberOfName(name)
  if (number !== undefined) return readDescription(lake, dataset, number, options)
  if (label === undefined) return undefined
  const message = `the label ${name} of ${dataset} is reserved by a commit that has not come (yet)`
  throw new VarveError('not-found', message, { dataset, label: name })
}
