/**
 * The rows of one part of `files`, packed: some hundred bytes a file and no object, so that a hundred thousand files
 * are a few buffers to the garbage collector.
 */

import { pathProblem } from '../../lake/names.ts'
import { type FileEntry, fileEntry } from '../../lake/retrieve/object.ts'
import { type Block, valueAt } from '../../lake/table/block.ts'
import type { Row } from '../../lake/types.ts'
import { firstFrom, type Paths } from './listing.ts'
import { Texts } from './texts.ts'

/** The columns that are read. */
export const ENTRY_COLUMNS: ReadonlySet<string> = new Set([
  'path',
  'bytes',
  'sha256',
  'etag',
  'uri',
  'format',
  'modified_at',
])

/** Bytes of a SHA-256. */
const HASH = 32

export class Entries implements Paths {
  readonly count: number
  readonly #paths: Texts
  readonly #sizes: Float64Array
  readonly #modified: Float64Array
  readonly #hashes: Buffer
  readonly #etags: Texts
  readonly #uris: Texts
  readonly #formats: Texts

  /** Takes the rows whose paths may stand in a tree; the others are as if they were not there. */
  constructor(block: Block) {
    const rows = safeRows(block)
    const texts = (column: string): Texts => Texts.of(rows, (row) => textAt(block, column, row))
    this.count = rows.length
    this.#paths = texts('path')
    this.#etags = texts('etag')
    this.#uris = texts('uri')
    this.#formats = texts('format')
    this.#sizes = Float64Array.from(rows, (row) => numberAt(block, 'bytes', row))
    this.#modified = Float64Array.from(rows, (row) => numberAt(block, 'modified_at', row) / 1000)
    this.#hashes = Buffer.alloc(rows.length * HASH)
    rows.forEach((row, i) => {
      const hash = textAt(block, 'sha256', row)
      if (hash !== undefined && /^[0-9a-f]{64}$/.test(hash)) this.#hashes.write(hash, i * HASH, 'hex')
    })
  }

  /** In memory. */
  get bytes(): number {
    const texts = this.#paths.bytes + this.#etags.bytes + this.#uris.bytes + this.#formats.bytes
    return texts + this.#sizes.byteLength + this.#modified.byteLength + this.#hashes.length
  }

  pathAt(i: number): string {
    return this.#paths.at(i) as string
  }

  /** NaN when the row names none. */
  sizeAt(i: number): number {
    return this.#sizes[i]!
  }

  /** Milliseconds since 1970; NaN when the row names no time. */
  modifiedAt(i: number): number {
    return this.#modified[i]!
  }

  formatAt(i: number): string | undefined {
    return this.#formats.at(i)
  }

  /** What opening needs; `invalid-data` when the row names no bytes. */
  entryAt(i: number): FileEntry {
    const hash = this.#hashes.subarray(i * HASH, (i + 1) * HASH)
    const size = this.sizeAt(i)
    const row: Row = {
      path: this.pathAt(i),
      bytes: Number.isNaN(size) ? null : size,
      // No bytes have a checksum of nothing but zeros, that anyone knows of.
      sha256: hash.some((byte) => byte !== 0) ? hash.toString('hex') : null,
      etag: this.#etags.at(i) ?? null,
      uri: this.#uris.at(i) ?? null,
    }
    return fileEntry(row)
  }

  /** The first row whose key is not below this one. */
  from(key: string): number {
    return firstFrom(this, key)
  }

  /** The row of exactly this path, or -1: keys ignore case, the tree does not. */
  rowOf(path: string, key: string): number {
    const row = this.from(key)
    return row < this.count && this.pathAt(row) === path ? row : -1
  }
}

function safeRows(block: Block): number[] {
  const rows: number[] = []
  for (let row = 0; row < block.rows; row++) {
    const path = textAt(block, 'path', row)
    if (path !== undefined && pathProblem(path) === undefined) rows.push(row)
  }
  return rows
}

function textAt(block: Block, column: string, row: number): string | undefined {
  const value = valueAt(block, column, row)
  return typeof value === 'string' ? value : undefined
}

function numberAt(block: Block, column: string, row: number): number {
  const value = valueAt(block, column, row)
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN
}
