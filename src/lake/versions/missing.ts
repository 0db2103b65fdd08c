/** What to say when a version is not there: what is there instead. */

import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import type { VersionChoice } from '../reference.ts'
import type { Lake } from '../types.ts'
import { readRecord } from './description.ts'
import { datasetExists, listDatasets, numbersAfter } from './list.ts'
import { listLabels, listTags } from './refs.ts'

/** Names that are listed before the rest is left out. */
const MOST_NAMES = 12

/** The `not-found` for a version that was asked for; looks into the lake for what could be meant. */
export async function noSuchVersion(
  lake: Lake,
  dataset: string,
  choice: VersionChoice,
  options: StoreOptions = {},
): Promise<VarveError> {
  const details = { dataset, lake: lake.url }
  if (!(await datasetExists(lake, dataset, options))) {
    const names = await shown(listDatasets(lake, options.signal), (name) => name)
    const there = names === '' ? 'it has none yet' : `it has ${names}`
    return new VarveError('not-found', `${lake.url} has no dataset ${dataset}; ${there}`, details)
  }
  if (choice.kind === 'number') {
    const record = await readRecord(lake, dataset, choice.number, options)
    if (record?.deleted === true)
      return new VarveError('not-found', `${dataset}@${choice.number} was deleted`, details)
  }
  const there = await whatIsThere(lake, dataset, options)
  return new VarveError('not-found', `${dataset} has no ${asked(choice)}; it has ${there}`, details)
}

function asked(choice: VersionChoice): string {
  switch (choice.kind) {
    case 'latest':
      return 'version yet'
    case 'number':
      return `version ${choice.number}`
    case 'time':
      return `version committed by ${choice.text}`
    case 'name':
      return `label or tag ${choice.name}`
  }
}

async function whatIsThere(lake: Lake, dataset: string, options: StoreOptions): Promise<string> {
  const numbers: number[] = []
  for await (const number of numbersAfter(lake, dataset, 0, options)) numbers.push(number)
  const [first] = numbers
  const versions =
    first === undefined
      ? 'no versions'
      : numbers.length === 1
        ? `version ${first}`
        : `versions ${first} to ${numbers.at(-1)}`
  const labels = await shown(listLabels(lake, dataset, options), ({ label }) => label)
  const tags = await shown(listTags(lake, dataset, options), ({ tag }) => tag)
  return [versions, labels === '' ? '' : `labels ${labels}`, tags === '' ? '' : `tags ${tags}`]
    .filter((part) => part !== '')
    .join('; ')
}

async function shown<T>(items: AsyncIterable<T>, name: (item: T) => string): Promise<string> {
  const names: string[] = []
  for await (const item of items) {
    if (names.length === MOST_NAMES) return `${names.join(', ')}, …`
    names.push(name(item))
  }
  return names.join(', ')
}
