/** A table with some rows changed: only the parts around the changes are read and written. */

import type { Change, Lake, Part, Row, Table, TableSchema } from '../types.ts'
import { rowAt, sameRow } from './block.ts'
import { endsPart } from './chunk.ts'
import { keyOf } from './key.ts'
import { PartWriter } from './part-writer.ts'
import { loadPart } from './read.ts'
import { castRow, sameTypes, unitedSchema } from './schema.ts'

export interface Rewritten {
  readonly table: Table
  readonly added: number
  readonly changed: number
  readonly removed: number
}

export interface RewriteOptions {
  /**
   * What shall stand under a key, given what stands there and what is wanted; default what is wanted. Called once
   * for each change, in the order of the keys.
   */
  readonly decide?:
    | ((key: string, old: Row | undefined, wanted: Row | undefined) => Row | undefined)
    | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Applies changes, their keys ascending, each once, to a table, and writes the parts that are new.
 *
 * @param base the table as it is; undefined: there is none yet
 * @param schema columns of the changed rows; the result has those of the base, too
 */
export async function rewriteTable(
  lake: Lake,
  dataset: string,
  base: Table | undefined,
  schema: TableSchema,
  changes: AsyncIterable<Change> | Iterable<Change>,
  options: RewriteOptions = {},
): Promise<Rewritten> {
  const united = base === undefined ? schema : unitedSchema(base.schema, schema)
  const run = new Rewriting(lake, dataset, base, united, options)
  const fits = sameTypes(schema, united)
  for await (const { key, row } of changes)
    await run.apply({ key, row: row === undefined || fits ? row : castRow(united, row) })
  return run.finish()
}

class Rewriting {
  readonly #writer: PartWriter
  readonly #base: Table
  /** Parts of other types must be written anew, changed or not. */
  readonly #carries: boolean
  readonly #cast: (row: Row) => Row
  #next = 0
  /** The part that is being merged. */
  #open: { readonly keys: readonly string[]; readonly row: (i: number) => Row; at: number } | undefined
  #added = 0
  #changed = 0
  #removed = 0

  constructor(
    readonly lake: Lake,
    readonly dataset: string,
    base: Table | undefined,
    readonly schema: TableSchema,
    readonly options: RewriteOptions,
  ) {
    this.#base = base ?? { schema, parts: [] }
    this.#carries = sameTypes(this.#base.schema, schema)
    this.#cast = this.#carries ? (row) => row : (row) => castRow(schema, row)
    const known = new Map(this.#carries ? this.#base.parts.map((part) => [part.hash, part]) : [])
    this.#writer = new PartWriter(lake, dataset, schema, known, options.signal)
  }

  async apply({ key, row: wanted }: Change): Promise<void> {
    await this.#advance(key)
    const open = this.#open
    const here = open !== undefined && open.keys[open.at] === key
    const old = here ? open.row(open.at++) : undefined
    const { decide } = this.options
    const row = decide === undefined ? wanted : decide(key, old, wanted)
    if (old === undefined && row !== undefined) this.#added++
    if (old !== undefined && row === undefined) this.#removed++
    if (old !== undefined && row !== undefined && !sameRow(old, row)) this.#changed++
    if (row !== undefined) await this.#writer.add(key, row)
  }

  /** Everything before `key` goes to the writer; what stands at or after it is what comes next. */
  async #advance(key: string): Promise<void> {
    for (;;) {
      if (this.#open !== undefined) {
        await this.#drain(key)
        if (this.#open !== undefined) return
      }
      const part = this.#base.parts[this.#next]
      if (part === undefined || key < part.min) return
      if (this.#canCarry && part.max < key && !this.#isLoose(part)) this.#carry(part)
      else await this.#enter(part)
    }
  }

  async finish(): Promise<Rewritten> {
    for (;;) {
      if (this.#open !== undefined) await this.#drain(undefined)
      const part = this.#base.parts[this.#next]
      if (part === undefined) break
      if (this.#canCarry) this.#carry(part)
      else await this.#enter(part)
    }
    const parts = await this.#writer.finish()
    const table = { schema: this.schema, parts }
    return { table, added: this.#added, changed: this.#changed, removed: this.#removed }
  }

  /** A part of the base that begins where the writer's next one would is what the writer would write. */
  get #canCarry(): boolean {
    return this.#carries && this.#writer.between
  }

  #carry(part: Part): void {
    this.#writer.carry(part)
    this.#next++
  }

  /** Whether the part ends only because the table did: rows after it belong to it. */
  #isLoose(part: Part): boolean {
    const isLast = this.#next === this.#base.parts.length - 1
    return isLast && !endsPart(this.lake.chunking, part.max, part.rows, 0)
  }

  async #enter(part: Part): Promise<void> {
    this.#next++
    const block = await loadPart(this.lake, this.#base, part, undefined, this.options.signal)
    const row = (i: number): Row => this.#cast(rowAt(block, i))
    const keys = Array.from({ length: block.rows }, (_, i) => keyOf(this.schema, row(i)))
    this.#open = { keys, row, at: 0 }
  }

  /** Rows of the open part before `key`, all of them without one. */
  async #drain(key: string | undefined): Promise<void> {
    const open = this.#open!
    while (open.at < open.keys.length && (key === undefined || open.keys[open.at]! < key)) {
      const i = open.at++
      await this.#writer.add(open.keys[i]!, open.row(i))
    }
    if (open.at === open.keys.length) this.#open = undefined
  }
}
