/**
 * Datasets and what is in their folders: versions by number, and links to them.
 *
 * What stands under a number is kept for good. Which numbers, labels and tags there are is asked anew when somebody
 * wants to know it and the last answer is a second old: one request each.
 */

import { isVarveError, VarveError } from '../../errors.ts'
import { DATASETS, datasetOfPrefix, settingsKey } from '../../lake/layout.ts'
import { checkDatasetName } from '../../lake/names.ts'
import type { Lake, VersionDescription } from '../../lake/types.ts'
import { readDescription } from '../../lake/versions/description.ts'
import { numbersAfter } from '../../lake/versions/list.ts'
import { inParallel } from './in-parallel.ts'
import { andThen, type Maybe } from './maybe.ts'
import { Refreshed } from './refreshed.ts'
import { type Named, Refs } from './refs.ts'

/** Descriptions read together. */
const TOGETHER = 16

/** Names that are remembered not to be datasets. */
const MOST_MISSING = 1000

export class Datasets {
  readonly #lake: Lake
  readonly #signal: AbortSignal
  readonly #known = new Map<string, Dataset>()
  readonly #asked = new Map<string, Promise<Dataset | undefined>>()
  /** When a name was found not to be a dataset. */
  readonly #missing = new Map<string, number>()
  readonly #names: Refreshed<readonly string[]>

  constructor(lake: Lake, signal: AbortSignal) {
    this.#lake = lake
    this.#signal = signal
    this.#names = new Refreshed(lake.now, () => this.#list())
  }

  /** All names, in order. */
  names(): Maybe<readonly string[]> {
    return this.#names.get()
  }

  /** The dataset of this name: once it was found, at once. */
  get(name: string): Maybe<Dataset | undefined> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    // What cannot be a name is not asked for: programs look for `.git` and `autorun.inf` everywhere.
    if (!isName(name) || this.#wasMissing(name)) return undefined
    const asked = this.#asked.get(name) ?? this.#ask(name).finally(() => this.#asked.delete(name))
    this.#asked.set(name, asked)
    return asked
  }

  /** Of the newest versions that are known. */
  totals(): { files: number; bytes: number } {
    const newest = [...this.#known.values()].map((dataset) => dataset.newestKnown)
    const sum = (field: 'files' | 'bytes'): number =>
      newest.reduce((total, version) => total + (version?.[field] ?? 0), 0)
    return { files: sum('files'), bytes: sum('bytes') }
  }

  async #ask(name: string): Promise<Dataset | undefined> {
    const dataset = new Dataset(this.#lake, name, this.#signal)
    const numbers = await dataset.numbers()
    const there =
      numbers.length > 0 ||
      (await this.#lake.store.info(settingsKey(name), { signal: this.#signal })) !== undefined
    if (there) this.#known.set(name, dataset)
    else this.#setMissing(name)
    return there ? dataset : undefined
  }

  #wasMissing(name: string): boolean {
    const at = this.#missing.get(name)
    return at !== undefined && this.#lake.now() - at < 1000
  }

  #setMissing(name: string): void {
    if (this.#missing.size >= MOST_MISSING) this.#missing.clear()
    this.#missing.set(name, this.#lake.now())
  }

  async #list(): Promise<readonly string[]> {
    const found: string[] = []
    for await (const entry of this.#lake.store.list(DATASETS, { delimiter: '/', signal: this.#signal }))
      if ('prefix' in entry) found.push(datasetOfPrefix(entry.prefix))
    const datasets = await inParallel(found, TOGETHER, async (name) => this.get(name))
    return found.filter((_, i) => datasets[i] !== undefined)
  }
}

function isName(name: string): boolean {
  try {
    return checkDatasetName(name) === name
  } catch {
    // That it cannot be one is all that was asked.
    return false
  }
}

export class Dataset {
  readonly name: string
  readonly #lake: Lake
  readonly #signal: AbortSignal
  /** Ascending, those of deleted versions among them. */
  #numbers: readonly number[] = []
  readonly #versions = new Map<number, Maybe<VersionDescription | undefined>>()
  readonly #fresh: Refreshed<readonly number[]>
  readonly #refs: Refs

  constructor(lake: Lake, name: string, signal: AbortSignal) {
    this.name = name
    this.#lake = lake
    this.#signal = signal
    this.#fresh = new Refreshed(lake.now, () => this.#readNumbers())
    this.#refs = new Refs(lake, name, signal)
  }

  /** Numbers of the versions, and of deleted ones. */
  numbers(): Maybe<readonly number[]> {
    return this.#fresh.get()
  }

  get newestKnown(): VersionDescription | undefined {
    for (const number of this.#numbers.toReversed()) {
      const version = this.#versions.get(number)
      if (version !== undefined && !(version instanceof Promise)) return version
    }
    return undefined
  }

  /** The version of a number; undefined for one that was deleted before anyone looked. */
  version(number: number): Maybe<VersionDescription | undefined> {
    if (this.#versions.has(number)) return this.#versions.get(number)
    if (!this.#numbers.includes(number))
      return andThen(this.numbers(), (numbers) => (numbers.includes(number) ? this.#read(number) : undefined))
    return this.#read(number)
  }

  async latest(): Promise<VersionDescription | undefined> {
    const numbers = await this.numbers()
    for (const number of numbers.toReversed()) {
      const version = await this.version(number)
      if (version !== undefined) return version
    }
    return undefined
  }

  /** What a label or tag names. */
  async named(name: string): Promise<VersionDescription | undefined> {
    const [refs] = await Promise.all([this.#refs.get(), this.numbers()])
    const ref = refs.get(name)
    return ref === undefined ? undefined : this.#commitOf(ref)
  }

  /** Everything in the dataset's folder. */
  async list(): Promise<readonly string[]> {
    const [refs, numbers] = await Promise.all([this.#refs.get(), this.numbers()])
    const there = await inParallel(numbers, TOGETHER, (number) => this.#isThere(number))
    const shown = numbers.filter((_, i) => there[i]).map(String)
    const names = [...refs.keys()]
    const named = await inParallel(names, TOGETHER, (name) => this.#leadsSomewhere(refs.get(name)!))
    const latest = shown.length === 0 ? [] : ['latest']
    return [...shown, ...latest, ...names.filter((_, i) => named[i])]
  }

  /** A version whose description is damaged is there: entering it says so, and hides no other. */
  async #isThere(number: number): Promise<boolean> {
    try {
      return (await this.version(number)) !== undefined
    } catch (error) {
      if (isVarveError(error, 'invalid-data', 'unsupported')) return true
      throw error
    }
  }

  /** One that is damaged, or names what is, is there too: following it says so. */
  async #leadsSomewhere(ref: Named): Promise<boolean> {
    try {
      return (await this.#commitOf(ref)) !== undefined
    } catch (error) {
      if (isVarveError(error, 'invalid-data', 'unsupported')) return true
      throw error
    }
  }

  /** A reference has the number of its commit, or one that it was expected to get. */
  async #commitOf(ref: Named): Promise<VersionDescription | undefined> {
    if (ref instanceof VarveError) throw ref
    for (const number of this.#numbers) {
      if (number < ref.number) continue
      const version = await this.version(number)
      if (version?.id === ref.id) return version
    }
    return undefined
  }

  async #readNumbers(): Promise<readonly number[]> {
    const added: number[] = []
    const after = this.#numbers.at(-1) ?? 0
    for await (const number of numbersAfter(this.#lake, this.name, after, { signal: this.#signal }))
      added.push(number)
    if (added.length > 0) this.#numbers = [...this.#numbers, ...added]
    return this.#numbers
  }

  #read(number: number): Maybe<VersionDescription | undefined> {
    const read = readDescription(this.#lake, this.name, number, { signal: this.#signal })
    const kept = read.then(
      (version) => {
        this.#versions.set(number, version)
        return version
      },
      (error: unknown) => {
        this.#versions.delete(number)
        throw error
      },
    )
    this.#versions.set(number, kept)
    return kept
  }
}
