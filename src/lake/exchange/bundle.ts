/**
 * A bundle: a version of a dataset as one tar file (POSIX ustar, https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html).
 *
 * First `bundle.json`, then what the lake has of the version under the same keys as there, the payloads last. So an
 * unpacked bundle with a `lake.json` is a lake, and an import knows all that it must decide before the first payload.
 */

import * as z from 'zod'
import type { Kind } from '../json.ts'
import { descriptionKey } from '../layout.ts'
import type { VersionDescription } from '../types.ts'
import { DESCRIPTION } from '../versions/description.ts'
import { POLICIES, type TransferPolicy } from './plan.ts'

export const BUNDLE_FILE = 'bundle.json'

export interface BundleFacts {
  /** Id of the lake that it comes from. */
  readonly lake: string | null
  readonly policy: TransferPolicy
  readonly description: VersionDescription
}

export const BUNDLE: Kind<BundleFacts> = {
  format: 'varve-bundle',
  noun: 'a bundle of a version',
  shape: z.looseObject({
    lake: z.string().nullable(),
    policy: z.enum(POLICIES),
    description: DESCRIPTION.shape,
  }),
}

const DATASET = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}'
const HASH = '([0-9a-f]{64})'
const METADATA = new RegExp(
  `^datasets/${DATASET}/(?:(?:parts|lists)/${HASH}\\.parquet|schemas/${HASH}\\.json)$`,
)
const PAYLOAD = new RegExp(`^objects/([0-9a-f]{2})/${HASH}$`)

export type EntryKind =
  | { readonly kind: 'facts' | 'description' }
  | { readonly kind: 'metadata' | 'payload'; readonly hash: string }

/** What an entry of this name is; undefined: nothing that a bundle holds. */
export function entryKind(name: string): EntryKind | undefined {
  if (name === BUNDLE_FILE) return { kind: 'facts' }
  const [, part, schema] = METADATA.exec(name) ?? []
  const metadata = part ?? schema
  if (metadata !== undefined) return { kind: 'metadata', hash: metadata }
  const [, prefix, payload = ''] = PAYLOAD.exec(name) ?? []
  if (prefix !== undefined) return payload.startsWith(prefix) ? { kind: 'payload', hash: payload } : undefined
  const [, dataset = '', digits = ''] = /^datasets\/([^/]+)\/versions\/(\d{6})\//.exec(name) ?? []
  return name === descriptionKey(dataset, Number(digits)) ? { kind: 'description' } : undefined
}
