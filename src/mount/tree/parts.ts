/** The parts of `files` that are in memory, of all versions together: versions share most of their parts. */

import { FILES, filesSchema } from '../../lake/files.ts'
import { remembered } from '../../lake/immutable.ts'
import { listKey, schemaKey } from '../../lake/layout.ts'
import { openTable } from '../../lake/table/list.ts'
import { loadPart } from '../../lake/table/read.ts'
import type { Lake, Part, TableRef } from '../../lake/types.ts'
import { ENTRY_COLUMNS, Entries } from './entries.ts'
import { PathList, type Paths } from './listing.ts'
import { Lru } from './lru.ts'
import type { Maybe } from './maybe.ts'

/** Half a million files with paths of ordinary length; a mount shall stay below 200 MiB with all else. */
const MEMORY = 48 * 1024 * 1024

const SCHEMA = filesSchema([])

/** What a row takes in memory, more or less. */
const ROW_BYTES = 120

const PATH_COLUMN: ReadonlySet<string> = new Set(['path'])

export interface LoadedParts {
  /** The part's rows, at once when they are in memory. */
  load(part: Part): Maybe<Entries>
  /** The part's paths alone: its rows when they are in memory, else read for once and not kept. */
  paths(part: Part): Maybe<Paths>
  /** Whether the rows of all these would stay in memory together, beside what else is looked at. */
  fits(parts: readonly Part[]): boolean
  has(part: Part): boolean
  readonly bytes: number
}

/**
 * @param memory bytes to keep at most
 */
export function loadedParts(lake: Lake, signal: AbortSignal, memory: number = MEMORY): LoadedParts {
  const kept = new Lru<Entries>(memory, (entries) => entries.bytes)
  return {
    load: (part) =>
      kept.get(
        part.hash,
        async () => new Entries(await loadPart(lake, { schema: SCHEMA }, part, ENTRY_COLUMNS, signal)),
      ),
    paths: (part) =>
      kept.kept(part.hash) ??
      loadPart(lake, { schema: SCHEMA }, part, PATH_COLUMN, signal).then((block) => new PathList(block)),
    fits: (parts) => parts.reduce((bytes, { rows }) => bytes + rows * ROW_BYTES, 0) <= memory / 2,
    has: ({ hash }) => kept.has(hash),
    get bytes() {
      return kept.bytes
    },
  }
}

/**
 * A table's parts in the order of their keys; those of `files` in one request. Of what the list knows of each only the
 * little is kept that a tree needs: a mount may see every version of a lake.
 */
export async function openParts(
  lake: Lake,
  name: string,
  ref: TableRef,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  // The columns that every table of files has are known: its schema, which has the metadata's too, needs not be
  // fetched. That is why the tree works on a memo of its own.
  if (name === FILES) await remembered(lake, schemaKey(ref.home, ref.schema), async () => SCHEMA)
  const { parts } = await openTable(lake, ref, signal)
  lake.memo.delete(listKey(ref.home, ref.list))
  return parts.map((part): Part => {
    const { path } = part.zones
    return { ...part, zones: path === undefined ? {} : { path }, nulls: [] }
  })
}
