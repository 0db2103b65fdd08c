/** Labels and tags as they are stored: each a small document that names a version by its commit's id and its number. */

import * as z from 'zod'
import type { StoreOptions } from '../../store/index.ts'
import { type Held, type Kind, readJson } from '../json.ts'
import { LAST_NUMBER, labelKey, labelsPrefix, tagKey, tagsPrefix } from '../layout.ts'
import type { Lake } from '../types.ts'
import { inOrder } from '../work/in-order.ts'

export interface LabelRef {
  readonly label: string
  /** Of the commit that it names, or that was going to be. */
  readonly id: string
  /** That commit's number, or a lesser one: a label is reserved before its commit knows its number for certain. */
  readonly number: number
  /** RFC 3339, by the writer's clock. */
  readonly reserved_at: string
}

export interface TagRef {
  readonly tag: string
  readonly id: string
  readonly number: number
  /** Given anew with each write, by which a writer knows its own again. */
  readonly write: string
}

const target = { id: z.string().min(1), number: z.number().int().min(1).max(LAST_NUMBER) }

export const LABEL: Kind<LabelRef> = {
  format: 'varve-label',
  noun: "a dataset's label",
  shape: z.looseObject({ label: z.string(), ...target, reserved_at: z.iso.datetime({ offset: true }) }),
}

export const TAG: Kind<TagRef> = {
  format: 'varve-tag',
  noun: "a dataset's tag",
  shape: z.looseObject({ tag: z.string(), ...target, write: z.string() }),
}

export function readLabel(
  lake: Lake,
  dataset: string,
  name: string,
  options: StoreOptions = {},
): Promise<Held<LabelRef> | undefined> {
  return readJson(lake.store, labelKey(dataset, name), LABEL, options)
}

export function readTag(
  lake: Lake,
  dataset: string,
  name: string,
  options: StoreOptions = {},
): Promise<Held<TagRef> | undefined> {
  return readJson(lake.store, tagKey(dataset, name), TAG, options)
}

/**
 * All labels in the order of their names, reserved ones of commits that are on their way (or never came) among them:
 * a version has the label whose `id` is its own.
 */
export function listLabels(
  lake: Lake,
  dataset: string,
  options: StoreOptions = {},
): AsyncGenerator<LabelRef> {
  return listRefs(lake, labelsPrefix(dataset), LABEL, options)
}

/** All tags in the order of their names. */
export function listTags(lake: Lake, dataset: string, options: StoreOptions = {}): AsyncGenerator<TagRef> {
  return listRefs(lake, tagsPrefix(dataset), TAG, options)
}

async function* listRefs<T>(
  lake: Lake,
  prefix: string,
  kind: Kind<T>,
  options: StoreOptions,
): AsyncGenerator<T> {
  const refs = inOrder(lake.store.list(prefix, options), async (entry) =>
    'key' in entry && entry.key.endsWith('.json')
      ? (await readJson(lake.store, entry.key, kind, options))?.value
      : undefined,
  )
  // One that went away since the listing is none.
  for await (const ref of refs) if (ref !== undefined) yield ref
}
