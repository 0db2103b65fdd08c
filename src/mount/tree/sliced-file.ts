/**
 * A text file as its slices: where each begins and ends in the decompressed text, and the bytes of any range of it.
 *
 * The text is decoded unit by unit, a unit being a segment with rows. Where a slice ends inside of one, that unit is
 * decoded once to find the byte.
 */

import { memorySource } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import { readHeader } from '../../formats/head.ts'
import type { Format } from '../../formats/types.ts'
import type { PartitionIndex } from '../../index/types.ts'
import { locate, withDiskCache } from '../../store/index.ts'
import type { OpenFile } from '../types.ts'
import { Lru } from './lru.ts'
import { copyTo } from './memory-file.ts'
import type { Opening } from './object.ts'
import { readUnit, rowEnds, type Unit, unitOf, unitsOf } from './units.ts'

/** Decoded text that all files together keep: for each of some readers the unit that is read, and the next one. */
const MEMORY = 64 * 1024 * 1024

/** Cuts that are remembered for each file, as bytes of offsets. */
const CUTS_MEMORY = 1024 * 1024

/** Text of units that were decoded, of many files: by a number that each file has, and the unit's. */
export type Texts = Lru<Uint8Array>

export const newTexts = (): Texts => new Lru(MEMORY, (text) => text.length)

let files = 0

export interface SliceRange {
  /** Of the decompressed text: [start, end). */
  readonly start: number
  readonly end: number
  /** With the file's header before it. */
  readonly size: number
}

export class SlicedFile {
  readonly #opening: Opening
  readonly #index: PartitionIndex
  readonly #format: Format
  readonly #units: readonly Unit[]
  readonly #texts: Texts
  readonly #number = ++files
  /** Offsets in the text of the cuts inside a unit, by the number of slices and the unit. */
  readonly #cuts = new Lru<Float64Array>(CUTS_MEMORY, (cuts) => cuts.byteLength + 64)
  #header: Promise<Uint8Array> | undefined

  constructor(opening: Opening, index: PartitionIndex, format: Format, texts: Texts = newTexts()) {
    this.#opening = opening
    this.#texts = texts
    this.#index = index
    this.#format = format
    this.#units = unitsOf(index)
  }

  /** Slice i of n: the rows that `varve slices -n` gives it. */
  async slice(n: number, i: number): Promise<SliceRange> {
    const [header, start, end] = await Promise.all([this.#head(), this.#edge(n, i), this.#edge(n, i + 1)])
    return { start, end, size: header.length + end - start }
  }

  async open({ start, end, size }: SliceRange): Promise<OpenFile> {
    const header = await this.#head()
    const plain = this.#index.layout.container === 'plain' && end > start
    const body = plain ? this.#openPlain(start, end) : undefined
    return {
      size,
      read: async (target, at) => {
        let filled = copyTo(target, header, at)
        while (filled < target.length && at + filled < size) {
          const from = start + at + filled - header.length
          const rest = target.subarray(filled, filled + end - from)
          const read = body === undefined ? await this.#read(rest, from) : await body.read(rest, from - start)
          if (read === 0) throw this.#short(from)
          filled += read
        }
        return filled
      },
      close: async () => body?.close(),
    }
  }

  /** What is not compressed is read as any file is, from another place on. */
  #openPlain(start: number, end: number): OpenFile {
    const source = this.#source()
    return this.#opening.readers.open({
      // No URL: what the cache on the disk keeps are blocks of the whole object, which any slice finds again.
      uri: `bytes ${start}-${end} of ${source.uri}`,
      size: end - start,
      identity: source.identity,
      read: (from, to, options) => source.read(start + from, start + to, options),
      close: async () => source.close?.(),
    })
  }

  /** Reads decompressed text, to the end of a unit at most; the unit behind it is decoded meanwhile. */
  async #read(target: Uint8Array, from: number): Promise<number> {
    const at = unitOf(this.#units, from)
    const unit = this.#units[at]
    if (unit === undefined) throw this.#short(from)
    const coming = this.#text(at)
    // Whoever is in the second half goes on, mostly; a failure is theirs to hear when they do.
    if (from - unit.raw > (unit.rawEnd - unit.raw) / 2 && at + 1 < this.#units.length)
      Promise.resolve(coming)
        .then(() => this.#text(at + 1))
        .catch(() => undefined)
    return copyTo(target, await coming, from - unit.raw)
  }

  #text(at: number) {
    return this.#texts.get(`${this.#number}/${at}`, async () => {
      const source = this.#source()
      try {
        return await readUnit(this.#index, this.#format, source, this.#units[at]!, this.#opening.signal)
      } finally {
        await source.close?.()
      }
    })
  }

  /** Where slice i of n begins in the text; the end of the last one for i = n. */
  async #edge(n: number, i: number): Promise<number> {
    const { rows } = this.#index
    const row = rowAt(rows, n, i)
    // A file without rows may have blank lines: they are in its first slice, as `cat` has it.
    if (i === 0) return this.#units[0]?.raw ?? 0
    if (row >= rows) return this.#units.at(-1)?.rawEnd ?? 0
    const at = this.#unitOfRow(row)
    const unit = this.#units[at]!
    if (row === unit.firstRow) return unit.raw
    const cuts = await this.#cutsIn(n, at)
    return unit.raw + cuts[i - firstCut(rows, n, unit.firstRow)]!
  }

  /** The cuts inside of a unit, found together: it is decoded once for all of them. */
  #cutsIn(n: number, at: number) {
    return this.#cuts.get(`${n}/${at}`, async () => {
      const unit = this.#units[at]!
      const { rows, layout } = this.#index
      const wanted: number[] = []
      for (let i = firstCut(rows, n, unit.firstRow); i < n; i++) {
        const row = rowAt(rows, n, i)
        if (row >= unit.firstRow + unit.rows) break
        wanted.push(row - unit.firstRow)
      }
      const text = memorySource(this.#index.uri, await this.#text(at), this.#index.identity)
      return rowEnds(this.#format, layout, text, unit, wanted, this.#opening.signal)
    })
  }

  #unitOfRow(row: number): number {
    let low = 0
    let high = this.#units.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#units[middle]!.firstRow <= row) low = middle
      else high = middle - 1
    }
    return low
  }

  #head(): Promise<Uint8Array> {
    this.#header ??= this.#readHeader().catch((error: unknown) => {
      this.#header = undefined
      throw error
    })
    return this.#header
  }

  async #readHeader(): Promise<Uint8Array> {
    const { dataStart, container } = this.#index.layout
    if (dataStart === 0) return new Uint8Array(0)
    const source = this.#source()
    try {
      return await readHeader(source, container, dataStart, { signal: this.#opening.signal })
    } finally {
      await source.close?.()
    }
  }

  #source(): ByteSource {
    const { uri, size, identity } = this.#index
    const { store, key } = locate(uri)
    return withDiskCache(store.attach(key, size, identity))
  }

  #short(from: number): VarveError {
    const { uri } = this.#index
    return new VarveError(
      'invalid-data',
      `the text of ${uri} ends before byte ${from}, where a slice goes on`,
      {
        uri,
      },
    )
  }
}

/** The first row of slice i of n, as the strategy `count` cuts. Exact: the product may pass 2^53. */
function rowAt(rows: number, n: number, i: number): number {
  return Number((BigInt(i) * BigInt(rows)) / BigInt(n))
}

/** The first cut that lies at this row or behind it. */
function firstCut(rows: number, n: number, row: number): number {
  return Number((BigInt(row) * BigInt(n) + BigInt(rows) - 1n) / BigInt(rows))
}
