/** `tables/<table>/part-00000.parquet…` and `schemas/<table>.schema.json`. */

import { partKey, schemaKey } from '../../lake/layout.ts'
import { checkTableName } from '../../lake/names.ts'
import type { Lake, Part, TableRef } from '../../lake/types.ts'
import type { Immutables } from './immutables.ts'
import { andThen, type Maybe } from './maybe.ts'
import { memoryFile } from './memory-file.ts'
import { folder, type Node } from './node.ts'
import { openParts } from './parts.ts'

const SCHEMA = '.schema.json'

export class Tables {
  readonly #lake: Lake
  readonly #refs: ReadonlyMap<string, TableRef>
  readonly #modified: number
  readonly #immutables: Immutables
  readonly #signal: AbortSignal
  readonly #parts = new Map<string, Maybe<readonly Part[]>>()

  constructor(
    lake: Lake,
    tables: Readonly<Record<string, TableRef>>,
    modified: number,
    immutables: Immutables,
    signal: AbortSignal,
  ) {
    this.#lake = lake
    this.#refs = new Map(Object.entries(tables).filter(([name]) => isTableName(name)))
    this.#modified = modified
    this.#immutables = immutables
    this.#signal = signal
  }

  /** A node of `tables/`; the empty path is the folder itself. */
  table(path: string): Maybe<Node | undefined> {
    if (path === '') return folder(this.#modified, () => [...this.#refs.keys()].sort())
    const [table = '', file, ...deeper] = path.split('/')
    if (!this.#refs.has(table) || deeper.length > 0) return undefined
    if (file === undefined)
      return folder(this.#modified, () =>
        andThen(this.parts(table), (parts) => parts.map((_, i) => partName(i))),
      )
    const number = partNumber(file)
    return number === undefined ? undefined : andThen(this.parts(table), (parts) => this.#part(parts[number]))
  }

  /** A node of `schemas/`. */
  schema(path: string): Maybe<Node | undefined> {
    if (path === '')
      return folder(this.#modified, () => [...this.#refs.keys()].sort().map((name) => name + SCHEMA))
    const ref = path.endsWith(SCHEMA) ? this.#refs.get(path.slice(0, -SCHEMA.length)) : undefined
    if (ref === undefined) return undefined
    return andThen(this.#immutables.get(schemaKey(ref.home, ref.schema), ref.schema), (bytes) => ({
      kind: 'file' as const,
      modified: this.#modified,
      size: bytes.length,
      open: async () => memoryFile(bytes),
    }))
  }

  /** A table's parts in the order of their keys; none when the version has no such table. */
  parts(table: string): Maybe<readonly Part[]> {
    const ref = this.#refs.get(table)
    if (ref === undefined) return []
    const known = this.#parts.get(table)
    if (known !== undefined) return known
    const opened = openParts(this.#lake, table, ref, this.#signal)
    const kept = opened.then(
      (parts) => {
        this.#parts.set(table, parts)
        return parts
      },
      (error: unknown) => {
        this.#parts.delete(table)
        throw error
      },
    )
    this.#parts.set(table, kept)
    return kept
  }

  #part(part: Part | undefined): Node | undefined {
    if (part === undefined) return undefined
    const { hash, home, bytes } = part
    const open = async () => this.#immutables.open(partKey(home, hash), hash, bytes)
    return { kind: 'file', modified: this.#modified, size: bytes, open }
  }
}

const partName = (i: number): string => `part-${String(i).padStart(5, '0')}.parquet`

/** The one name of each part: `part-0.parquet` is none. */
function partNumber(name: string): number | undefined {
  const number = Number(/^part-(\d{5,})\.parquet$/.exec(name)?.[1] ?? Number.NaN)
  return Number.isSafeInteger(number) && partName(number) === name ? number : undefined
}

function isTableName(name: string): boolean {
  try {
    return checkTableName(name) === name
  } catch {
    // That it cannot be one is all that was asked.
    return false
  }
}
