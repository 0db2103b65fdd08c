/** What a lake should be, as maps in memory: small enough to be right at sight. */

/** A row as its fields in one text: equal rows are equal texts. */
export type Rows = ReadonlyMap<string, string>

export interface ModelTable {
  readonly columns: readonly string[]
  readonly rows: Rows
}

export type Tables = ReadonlyMap<string, ModelTable>

export interface Place {
  readonly dataset: string
  readonly number: number
}

export interface ModelVersion extends Place {
  readonly tables: Tables
  readonly parents: readonly Place[]
  /** Counts up: a version is younger than its parents. */
  readonly age: number
}

/** Why an operation changes nothing: the code of the error that is expected. */
export class Refusal {
  constructor(readonly code: 'conflict' | 'not-found') {}
}

/** What a label's document says: a version, or a commit that did not come, and since when it is expected. */
export type Label = { readonly number: number } | { readonly since: number }

export interface ModelDataset {
  versions: ModelVersion[]
  deleted: Set<number>
  labels: Map<string, Label>
  tags: Map<string, number>
}

export const LABEL_GRACE = 7 * 24 * 3600_000

export class Reference {
  readonly datasets = new Map<string, ModelDataset>()
  #age = 0

  /** A copy to try something on. */
  clone(): Reference {
    const copy = new Reference()
    copy.#age = this.#age
    for (const [name, { versions, deleted, labels, tags }] of this.datasets)
      copy.datasets.set(name, {
        versions: [...versions],
        deleted: new Set(deleted),
        labels: new Map(labels),
        tags: new Map(tags),
      })
    return copy
  }

  of(dataset: string): ModelDataset {
    const known = this.datasets.get(dataset)
    if (known !== undefined) return known
    const made = { versions: [], deleted: new Set<number>(), labels: new Map(), tags: new Map() }
    this.datasets.set(dataset, made)
    return made
  }

  latest(dataset: string): ModelVersion | undefined {
    return this.of(dataset).versions.at(-1)
  }

  isAlive({ dataset, number }: Place): boolean {
    const { versions, deleted } = this.of(dataset)
    return number <= versions.length && !deleted.has(number)
  }

  /** All versions that were not deleted. */
  alive(): ModelVersion[] {
    return [...this.datasets.values()].flatMap(({ versions }) => versions.filter((one) => this.isAlive(one)))
  }

  /** Whether a label can be had now by a commit that is no version's yet. */
  refusesLabel(dataset: string, label: string, now: number): boolean {
    const held = this.of(dataset).labels.get(label)
    return held !== undefined && ('number' in held || now - held.since < LABEL_GRACE)
  }

  /**
   * A commit of tables that were made of `base`, onto what is the latest by now. Undefined: it changes nothing, so
   * there is no version.
   */
  commit(
    dataset: string,
    base: ModelVersion | undefined,
    ours: Tables,
    facts: { readonly label?: string | undefined; readonly parents?: readonly Place[]; readonly now: number },
  ): ModelVersion | undefined | Refusal {
    const { label, parents = [], now } = facts
    const held = this.of(dataset)
    if (label !== undefined && this.refusesLabel(dataset, label, now)) return new Refusal('conflict')
    if (label !== undefined && held.tags.has(label)) {
      // It was reserved, seen to be a tag, and given back.
      held.labels.delete(label)
      return new Refusal('conflict')
    }
    const onto = this.latest(dataset)
    const merged =
      onto?.number === base?.number ? ours : mergeAll(base?.tables ?? new Map(), ours, onto!.tables)
    if (merged instanceof Refusal || (onto !== base && base === undefined && parents.length > 0)) {
      if (label !== undefined) held.labels.delete(label)
      return new Refusal('conflict')
    }
    if (onto !== undefined && label === undefined && parents.length === 0 && sameTables(onto.tables, merged))
      return undefined
    const number = held.versions.length + 1
    const before = onto === undefined ? [] : [{ dataset, number: onto.number }]
    const version = { dataset, number, tables: merged, parents: [...before, ...parents], age: ++this.#age }
    held.versions.push(version)
    if (label !== undefined) held.labels.set(label, { number })
    return version
  }

  /** The youngest version that is there and that both come from. */
  ancestor(a: ModelVersion, b: ModelVersion): ModelVersion | undefined {
    const [left, right] = [this.#history(a), this.#history(b)]
    const common = [...left].filter((one) => right.has(one) && this.isAlive(one))
    return common.sort((x, y) => y.age - x.age)[0]
  }

  #history(from: ModelVersion): Set<ModelVersion> {
    const all = new Set<ModelVersion>()
    const open = [from]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (all.has(one)) continue
      all.add(one)
      for (const { dataset, number } of one.parents) open.push(this.of(dataset).versions[number - 1]!)
    }
    return all
  }

  merge(
    from: ModelVersion,
    into: string,
    facts: { readonly label?: string | undefined; readonly now: number },
  ): ModelVersion | undefined | Refusal {
    const target = this.latest(into)
    if (target === undefined) return new Refusal('not-found')
    const base = this.ancestor(from, target)
    if (base === from && facts.label === undefined) return undefined
    const merged = mergeAll(base?.tables ?? new Map(), from.tables, target.tables)
    if (merged instanceof Refusal) return merged
    const parents = [{ dataset: from.dataset, number: from.number }]
    return this.commit(into, target, merged, { ...facts, parents })
  }
}

/** Ours and theirs, of one base: tables are united by rows, and a row that both changed to different things is refused. */
export function mergeAll(base: Tables, ours: Tables, theirs: Tables): Tables | Refusal {
  const merged = new Map<string, ModelTable>()
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const [old, mine, other] = [base.get(name), ours.get(name), theirs.get(name)]
    if (mine === undefined || other === undefined) merged.set(name, (mine ?? other)!)
    else {
      const rows = mergeRows(old?.rows ?? new Map(), mine.rows, other.rows)
      if (rows instanceof Refusal) return rows
      merged.set(name, { columns: [...new Set([...other.columns, ...mine.columns])], rows })
    }
  }
  return merged
}

function mergeRows(base: Rows, ours: Rows, theirs: Rows): Rows | Refusal {
  const merged = new Map<string, string>()
  for (const key of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const [old, mine, other] = [base.get(key), ours.get(key), theirs.get(key)]
    if (mine !== old && other !== old && mine !== other) return new Refusal('conflict')
    const row = mine === old ? other : mine
    if (row !== undefined) merged.set(key, row)
  }
  return merged
}

export function sameTables(a: Tables, b: Tables): boolean {
  return tablesText(a) === tablesText(b)
}

/** Tables as one text: equal data is equal text. */
export function tablesText(tables: Tables): string {
  const sorted = [...tables].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(
    sorted.map(([name, { columns, rows }]) => [
      name,
      name === 'files' ? [] : columns,
      [...rows].sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  )
}
