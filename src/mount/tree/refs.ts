/** A dataset's labels and tags by name, with the commits that they name. */

import { isVarveError, type VarveError } from '../../errors.ts'
import { labelsPrefix, tagsPrefix } from '../../lake/layout.ts'
import { checkRefName } from '../../lake/names.ts'
import type { Lake } from '../../lake/types.ts'
import { readLabel, readTag } from '../../lake/versions/refs.ts'
import { inParallel } from './in-parallel.ts'
import type { Maybe } from './maybe.ts'
import { Refreshed } from './refreshed.ts'

/** Documents read together. */
const TOGETHER = 16

export interface Commit {
  readonly id: string
  readonly number: number
}

/** What a name says, or why nothing can be made of it: such a one is there, and hides no other. */
export type Named = Commit | VarveError

type Read = (name: string) => Promise<Named | undefined>

export class Refs {
  readonly #lake: Lake
  readonly #signal: AbortSignal
  /** What the documents said, by key; read again when the listing shows another identity. */
  #documents = new Map<string, { readonly identity: string; readonly commit: Named | undefined }>()
  readonly #fresh: Refreshed<ReadonlyMap<string, Named>>

  constructor(lake: Lake, dataset: string, signal: AbortSignal) {
    this.#lake = lake
    this.#signal = signal
    this.#fresh = new Refreshed(lake.now, () => this.#readAll(dataset))
  }

  get(): Maybe<ReadonlyMap<string, Named>> {
    return this.#fresh.get()
  }

  async #readAll(dataset: string): Promise<ReadonlyMap<string, Named>> {
    const options = { signal: this.#signal }
    const [labels, tags] = await Promise.all([
      this.#read(
        'label',
        labelsPrefix(dataset),
        async (name) => (await readLabel(this.#lake, dataset, name, options))?.value,
      ),
      this.#read(
        'tag',
        tagsPrefix(dataset),
        async (name) => (await readTag(this.#lake, dataset, name, options))?.value,
      ),
    ])
    const documents = [...labels, ...tags]
    this.#documents = new Map(documents.map(({ key, identity, commit }) => [key, { identity, commit }]))
    // Of a label and a tag of one name, the label is meant: it comes later.
    const named = [...tags, ...labels].flatMap(({ name, commit }) =>
      commit === undefined ? [] : [[name, commit] as const],
    )
    return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  async #read(kind: 'label' | 'tag', prefix: string, read: Read) {
    const found: { readonly key: string; readonly identity: string; readonly name: string }[] = []
    for await (const entry of this.#lake.store.list(prefix, { signal: this.#signal })) {
      if (!('key' in entry) || !entry.key.endsWith('.json')) continue
      const name = entry.key.slice(prefix.length, -'.json'.length)
      if (isRefName(kind, name)) found.push({ key: entry.key, identity: entry.identity, name })
    }
    return inParallel(found, TOGETHER, async (ref) => {
      const known = this.#documents.get(ref.key)
      const commit = known?.identity === ref.identity ? known.commit : await read(ref.name).catch(damage)
      return { ...ref, commit }
    })
  }
}

function damage(error: unknown): VarveError {
  if (isVarveError(error, 'invalid-data', 'unsupported')) return error
  throw error
}

/** Whoever can write to the bucket can put anything there; what is no name is no link. */
function isRefName(kind: 'label' | 'tag', name: string): boolean {
  try {
    return checkRefName(kind, name) === name
  } catch {
    // That it cannot be one is all that was asked.
    return false
  }
}
