/** Cuts a stream of rows into parts and writes them, some at a time. */

import { putImmutable, sha256 } from '../immutable.ts'
import { partKey } from '../layout.ts'
import type { Lake, Part, Row, TableSchema, Value } from '../types.ts'
import type { Block } from './block.ts'
import { endsPart } from './chunk.ts'
import { contentOf } from './content.ts'
import { keepPart } from './kept.ts'
import { boundsOf } from './order.ts'
import { blockOf, writePart } from './parquet.ts'

/** Parts on their way to the store at a time. */
const IN_FLIGHT = 8

export class PartWriter {
  readonly parts: Part[] = []
  #rows: Row[] = []
  #bytes = 0
  #min = ''
  #max = ''
  readonly #sending = new Set<Promise<void>>()
  #failure: unknown

  constructor(
    readonly lake: Lake,
    readonly dataset: string,
    readonly schema: TableSchema,
    /** Parts that need not be written, by hash. */
    readonly known: ReadonlyMap<string, Part>,
    readonly signal: AbortSignal | undefined,
  ) {}

  /** Whether the next row begins a part. */
  get between(): boolean {
    return this.#rows.length === 0
  }

  /** Adds a row; keys only ascend. */
  async add(key: string, row: Row): Promise<void> {
    if (this.between) this.#min = key
    this.#max = key
    this.#rows.push(row)
    this.#bytes += roughSize(row)
    if (endsPart(this.lake.chunking, key, this.#rows.length, this.#bytes)) await this.#cut()
  }

  /** Takes a part over as it is; only between two parts. */
  carry(part: Part): void {
    this.parts.push(part)
  }

  /** All parts, once they are in the store. */
  async finish(): Promise<readonly Part[]> {
    if (!this.between) await this.#cut()
    await Promise.all(this.#sending)
    if (this.#failure !== undefined) throw this.#failure
    return this.parts
  }

  async #cut(): Promise<void> {
    const block = blockOf(this.schema, this.#rows)
    const bytes = writePart(this.schema, block)
    const hash = sha256(bytes)
    const known = this.known.get(hash)
    this.parts.push(
      known ?? {
        hash,
        content: contentOf(this.schema, block),
        rows: block.rows,
        bytes: bytes.length,
        payload: payloadOf(this.schema, block),
        min: this.#min,
        max: this.#max,
        ...zonesOf(this.schema, block),
        home: this.dataset,
      },
    )
    this.#rows = []
    this.#bytes = 0
    if (known === undefined) await this.#send(partKey(this.dataset, hash), bytes)
  }

  async #send(key: string, bytes: Uint8Array): Promise<void> {
    const sent = putImmutable(this.lake, key, bytes, this.signal)
      .then(() => keepPart(this.lake, key, bytes))
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#sending.delete(sent))
    this.#sending.add(sent)
    if (this.#sending.size >= IN_FLIGHT) await Promise.race(this.#sending)
    if (this.#failure !== undefined) throw this.#failure
  }
}

function payloadOf({ keyKind }: TableSchema, block: Block): number {
  const sizes = keyKind === 'path' ? block.columns.get('bytes') : undefined
  return sizes === undefined ? 0 : Array.from(sizes).reduce<number>((sum, size) => sum + Number(size ?? 0), 0)
}

function zonesOf({ columns }: TableSchema, block: Block): Pick<Part, 'zones' | 'nulls'> {
  const zones: Record<string, readonly [Value, Value]> = {}
  const nulls: string[] = []
  for (const { name } of columns) {
    const values = block.columns.get(name)
    if (values === undefined || Array.prototype.includes.call(values, null)) nulls.push(name)
    const bounds = values === undefined ? undefined : boundsOf(Array.from(values))
    if (bounds !== undefined) zones[name] = bounds
  }
  return { zones, nulls }
}

/** About how much memory a row's values take: the same for equal rows. */
function roughSize(value: Value | Row): number {
  if (typeof value === 'string') return value.length + 8
  if (value === null || typeof value !== 'object') return 8
  if (value instanceof Uint8Array) return value.length + 8
  let bytes = 16
  const parts: Iterable<Value> = Array.isArray(value) ? value : Object.values(value)
  for (const part of parts) bytes += roughSize(part)
  return bytes
}
