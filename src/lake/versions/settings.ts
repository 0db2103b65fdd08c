/** `dataset.json`: what holds for a dataset as a whole, whatever its version. */

import * as z from 'zod'
import { VarveError } from '../../errors.ts'
import type { StoreOptions } from '../../store/index.ts'
import { claimJson, type Kind, readJson } from '../json.ts'
import { settingsKey } from '../layout.ts'
import { checkDatasetName } from '../names.ts'
import type { Lake } from '../types.ts'

/** Fields of later versions of varve are kept as they are. */
export interface DatasetSettings {
  /** The metadata in the files' paths: `{experiment}/{camera_id}/{*}.{ext}`. */
  readonly pattern?: string | undefined
  readonly description?: string | undefined
  /** SPDX where there is one. */
  readonly licence?: string | undefined
  /** Who may do what; the server's to read. */
  readonly access?: unknown
  readonly [later: string]: unknown
}

/** Fields to set; null removes one. */
export type SettingsChange = { readonly [field in keyof DatasetSettings]?: DatasetSettings[field] | null }

const SETTINGS: Kind<DatasetSettings> = {
  format: 'varve-dataset',
  noun: "a dataset's settings",
  shape: z.looseObject({
    pattern: z.string().optional(),
    description: z.string().optional(),
    licence: z.string().optional(),
  }),
}

/** Writers that change one dataset's settings at the same moment before one of them gives up. */
const MOST_TRIES = 100

/** The settings of a dataset; undefined where nobody has made any. */
export async function readSettings(
  lake: Lake,
  dataset: string,
  options: StoreOptions = {},
): Promise<DatasetSettings | undefined> {
  const found = await readJson(lake.store, settingsKey(dataset), SETTINGS, options)
  return found === undefined ? undefined : fieldsOf(found.value)
}

/** Changes some settings and leaves the others, also those that someone else changes at the same time. */
export async function updateSettings(
  lake: Lake,
  dataset: string,
  change: SettingsChange,
  { signal }: StoreOptions = {},
): Promise<DatasetSettings> {
  const key = settingsKey(checkDatasetName(dataset))
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const before = await readJson(lake.store, key, SETTINGS, { signal })
    const fields = { ...(before === undefined ? {} : fieldsOf(before.value)), ...change }
    const kept = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)
    const next: DatasetSettings = Object.fromEntries(kept)
    if (before !== undefined && sameJson(fieldsOf(before.value), next)) return next
    const condition =
      before === undefined ? { ifNoneMatch: '*' as const, signal } : { ifMatch: before.identity, signal }
    const isOurs = (held: DatasetSettings): boolean => sameJson(fieldsOf(held), next)
    if ((await claimJson(lake.store, key, SETTINGS, next, condition, isOurs)).won) return next
  }
  const message = `the settings of ${dataset} were changed by others ${MOST_TRIES} times while they were to be changed`
  throw new VarveError('unavailable', message, { dataset })
}

function fieldsOf({ format: _format, version: _version, ...fields }: DatasetSettings): DatasetSettings {
  return fields
}

function sameJson(a: DatasetSettings, b: DatasetSettings): boolean {
  const text = (value: DatasetSettings): string =>
    JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
  return text(a) === text(b)
}
