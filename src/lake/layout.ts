/** Where things are in a lake: every key of DESIGN §6, and nothing else knows them. */

/**
 * The greatest number that a version can have. Numbers are padded to six digits so that a listing gives them in
 * their order and can begin behind one of them; with a seventh digit it would do neither.
 */
export const LAST_NUMBER = 999_999

/** What datasets lie under, each in a folder of its name. */
export const DATASETS = 'datasets/'

const DESCRIPTION = '/provenance/dataset_description.json'

const folder = (dataset: string): string => `${DATASETS}${dataset}/`

/** What the descriptions of a dataset's versions lie under. */
export const versionsPrefix = (dataset: string): string => `${folder(dataset)}versions/`

/** The commit: the one object under a version's number. */
export function descriptionKey(dataset: string, number: number): string {
  return `${versionsPrefix(dataset)}${String(number).padStart(6, '0')}${DESCRIPTION}`
}

/** The number of a description's key; undefined for every other key, and for numbers written in another way. */
export function numberOfKey(dataset: string, key: string): number | undefined {
  const prefix = versionsPrefix(dataset)
  if (!key.startsWith(prefix) || !key.endsWith(DESCRIPTION)) return undefined
  const digits = key.slice(prefix.length, -DESCRIPTION.length)
  const number = Number(digits)
  return /^\d{6}$/.test(digits) && number > 0 ? number : undefined
}

/** The dataset of a folder that a listing of `DATASETS` by delimiter gives. */
export const datasetOfPrefix = (prefix: string): string => prefix.slice(DATASETS.length, -1)

/** One table's parts. `home` is the dataset whose folder holds it, here and below. */
export const listKey = (home: string, hash: string): string => `${listsPrefix(home)}${hash}.parquet`

export const listsPrefix = (home: string): string => `${folder(home)}lists/`

export const partKey = (home: string, hash: string): string => `${partsPrefix(home)}${hash}.parquet`

export const partsPrefix = (home: string): string => `${folder(home)}parts/`

export const schemaKey = (home: string, hash: string): string => `${schemasPrefix(home)}${hash}.json`

export const schemasPrefix = (home: string): string => `${folder(home)}schemas/`

export const labelKey = (dataset: string, label: string): string => `${labelsPrefix(dataset)}${label}.json`

export const labelsPrefix = (dataset: string): string => `${folder(dataset)}refs/labels/`

export const tagKey = (dataset: string, tag: string): string => `${tagsPrefix(dataset)}${tag}.json`

export const tagsPrefix = (dataset: string): string => `${folder(dataset)}refs/tags/`

/** A hint only: it may be missing, old or wrong. */
export const latestKey = (dataset: string): string => `${folder(dataset)}latest_version.json`

export const settingsKey = (dataset: string): string => `${folder(dataset)}dataset.json`

/** What uploaded payloads lie under. */
export const OBJECTS = 'objects/'

export const objectKey = (sha256: string): string => `${OBJECTS}${sha256.slice(0, 2)}/${sha256}`

/** The SHA-256 that names a content-addressed object: a payload, part, list or schema; undefined for other keys. */
export function hashOfKey(key: string): string | undefined {
  return /\/([0-9a-f]{64})(?:\.parquet|\.json)?$/.exec(key)?.[1]
}
