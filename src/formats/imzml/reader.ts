/** Blocks of spectra as column batches. */

import type { ByteSource } from '../../bytes/types.ts'
import type { ColumnBatch, ColumnVector, Field } from '../batch.ts'
import type { BlockFile, BlockReader, BlockSettings, ByteRange } from '../blocks/types.ts'
import { ordinals, Utf8Builder } from '../builders.ts'
import type { Part } from '../types.ts'
import { absurd, type Items, type ItemType, newItems, putValues, valueBytes } from './arrays.ts'
import { badImzml } from './error.ts'
import { type ArrayName, type Plan, planBlock } from './plan.ts'
import { Spectra } from './window.ts'

/** Offsets of lists have 32 bits, and a batch is one piece of memory. */
const MOST_ITEMS = 2 ** 28

const MEASURES = {
  total_ion_current: 'totalIonCurrent',
  base_peak_mz: 'basePeakMz',
  base_peak_intensity: 'basePeakIntensity',
  mz_min: 'mzMin',
  mz_max: 'mzMax',
} as const

/** The m/z array that the spectra of a continuous file share, as it was read last. */
interface SharedMz {
  place: string
  bytes: Promise<Uint8Array> | undefined
}

export async function imzmlReader(
  file: BlockFile,
  projection: readonly number[],
  settings: BlockSettings,
): Promise<BlockReader> {
  const shared = await file.memo('imzml', async (): Promise<SharedMz> => ({ place: '', bytes: undefined }))
  return new ImzmlReader(file, projection, settings, shared)
}

class ImzmlReader implements BlockReader {
  readonly #file: BlockFile
  readonly #ibd: ByteSource
  readonly #fields: readonly Field[]
  readonly #wanted: readonly ArrayName[]
  readonly #settings: BlockSettings
  readonly #shared: SharedMz
  /** Of the parts whose bytes are on their way. */
  readonly #plans = new Map<Part, Plan>()

  constructor(file: BlockFile, projection: readonly number[], settings: BlockSettings, shared: SharedMz) {
    this.#file = file
    this.#ibd = file.companions[0]!
    this.#fields = projection.map((column) => file.layout.columns[column]!)
    const names = this.#fields.map(({ name }) => name)
    this.#wanted = (['mz', 'intensity'] as const).filter((name) => names.includes(name))
    this.#settings = settings
    this.#shared = shared
  }

  ranges(part: Part): readonly ByteRange[] {
    const plan = this.#plan(part)
    this.#plans.set(part, plan)
    return plan.ranges
  }

  #plan(part: Part): Plan {
    if (part.window === undefined)
      throw badImzml('the block has no list of its spectra', this.#file.source.uri)
    const spectra = Spectra.unpack(part.window, part.rows)
    return planBlock(spectra, part.firstRow, this.#wanted, this.#settings.conditions ?? [], {
      size: this.#ibd.size,
      continuous: this.#file.layout.dialect.mode === 'continuous',
    })
  }

  async *decode(
    part: Part,
    bytes: readonly Uint8Array[],
    from: number,
    to: number,
    maxRows: number,
  ): AsyncGenerator<ColumnBatch> {
    const plan = this.#plans.get(part) ?? this.#plan(part)
    this.#plans.delete(part)
    const rows = plan.rows.filter((row) => row >= from && row < to)
    for (let at = 0; at < rows.length; ) {
      let end = at
      for (let items = 0; end < rows.length && end - at < maxRows; end++) {
        items += Math.max(plan.spectra.mz.length[rows[end]!]!, plan.spectra.intensity.length[rows[end]!]!)
        if (items > MOST_ITEMS && end > at) break
      }
      const some = rows.slice(at, end)
      const columns: ColumnVector[] = []
      for (const field of this.#fields) columns.push(await this.#column(field, part, plan, some, bytes))
      yield { rows: some.length, columns }
      at = end
    }
  }

  async #column(
    { name, type }: Field,
    part: Part,
    plan: Plan,
    rows: readonly number[],
    bytes: readonly Uint8Array[],
  ): Promise<ColumnVector> {
    const { allocate } = this.#settings
    const { spectra } = plan
    switch (name) {
      case 'x':
      case 'y':
      case 'z': {
        const values = new Int32Array(allocate(Math.max(8, rows.length * 4)), 0, rows.length)
        for (const [i, row] of rows.entries()) values[i] = spectra[name][row]!
        return { length: rows.length, values }
      }
      case 'spectrum':
        return this.#ordinals(part.firstRow, rows)
      case 'id': {
        const texts = new Utf8Builder(allocate, 4096)
        for (const row of rows) {
          const text = Buffer.from(spectra.id[row]!)
          texts.append(text, 0, text.length)
        }
        return texts.take()
      }
      case 'mz':
      case 'intensity': {
        const item = type.kind === 'list' ? (type.item.kind as ItemType) : 'float64'
        return this.#lists(name, item, part, plan, rows, bytes)
      }
      default:
        return this.#measures(spectra[MEASURES[name as keyof typeof MEASURES]], rows)
    }
  }

  #ordinals(firstRow: number, rows: readonly number[]): ColumnVector {
    const { allocate } = this.#settings
    const [first = 0] = rows
    if (rows.at(-1) === first + rows.length - 1) return ordinals(allocate, firstRow + first, rows.length)
    const values = new BigInt64Array(allocate(Math.max(8, rows.length * 8)), 0, rows.length)
    for (const [i, row] of rows.entries()) values[i] = BigInt(firstRow + row)
    return { length: rows.length, values }
  }

  #measures(from: readonly number[], rows: readonly number[]): ColumnVector {
    const { allocate } = this.#settings
    const { length } = rows
    const values = new Float64Array(allocate(Math.max(8, length * 8)), 0, length)
    let validity: Uint8Array | undefined
    for (const [i, row] of rows.entries()) {
      const value = from[row]!
      values[i] = value
      if (!Number.isNaN(value)) continue
      const size = (length + 7) >> 3
      validity ??= new Uint8Array(allocate(Math.max(8, size)), 0, size).fill(255)
      validity[i >> 3]! &= ~(1 << (i & 7))
    }
    return { length, values, validity }
  }

  async #lists(
    name: ArrayName,
    type: ItemType,
    part: Part,
    plan: Plan,
    rows: readonly number[],
    bytes: readonly Uint8Array[],
  ): Promise<ColumnVector> {
    const { allocate } = this.#settings
    const { offset, length, kind, bytes: packed } = plan.spectra[name]
    const offsets = new Int32Array(allocate((rows.length + 1) * 4), 0, rows.length + 1)
    offsets[0] = 0
    // All lengths are held against the bytes that there are before memory is taken for them.
    for (const [i, row] of rows.entries()) {
      this.#check(name, part, plan, row)
      offsets[i + 1] = offsets[i]! + length[row]!
    }
    const items: Items = newItems(type, offsets[rows.length]!, allocate)
    const isShared = name === 'mz' && plan.sharedMz
    const shared = isShared && rows.length > 0 ? await this.#mz(plan, rows[0]!) : undefined
    for (const [i, row] of rows.entries()) {
      const place = plan.places[name]?.[row]
      const range = place && bytes[place.range]!
      const stored = shared ?? range!.subarray(place!.at, place!.at + plan.stored(name, row))
      try {
        const values = isShared ? stored : valueBytes(kind[row]!, length[row]!, stored)
        putValues(items, offsets[i]!, values, kind[row]!)
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error)
        const at = `${offset[row]} (${packed[row]} bytes)`
        throw this.#refuse(name, part, row, `${what}, at byte ${at} of ${this.#ibd.uri}`, error)
      }
    }
    return { length: rows.length, offsets, children: [{ length: items.length, values: items }] }
  }

  /** Throws where the array cannot be in the .ibd. */
  #check(name: ArrayName, part: Part, { spectra, stored }: Plan, row: number): void {
    const { offset, length, kind, bytes } = spectra[name]
    const start = offset[row]!
    const end = start + stored(name, row)
    const { size, uri } = this.#ibd
    if (start < 0 || end > size)
      throw this.#refuse(
        name,
        part,
        row,
        `it stands at bytes ${start} to ${end}, expected within the ${size} of ${uri}`,
      )
    const trouble = absurd(kind[row]!, length[row]!, bytes[row]!)
    if (trouble !== undefined) throw this.#refuse(name, part, row, trouble)
    if (length[row]! > MOST_ITEMS)
      throw this.#refuse(name, part, row, `it has ${length[row]} values, expected ${MOST_ITEMS} at most`)
  }

  #refuse(name: ArrayName, part: Part, row: number, what: string, cause?: unknown): Error {
    const shown = name === 'mz' ? 'm/z' : name
    const text = `the ${shown} array of spectrum ${part.firstRow + row}: ${what}`
    return badImzml(text, this.#file.source.uri, undefined, cause)
  }

  /** The m/z values that all spectra of the block share, as they stand in the file; mostly those of the block before. */
  #mz(plan: Plan, row: number): Promise<Uint8Array> {
    const shared = this.#shared
    const { offset, length, kind } = plan.spectra.mz
    const start = offset[row]!
    const place = `${start} ${length[row]} ${kind[row]}`
    if (shared.bytes !== undefined && shared.place === place) return shared.bytes
    const bytes = this.#ibd
      .read(start, start + plan.stored('mz', row), { signal: this.#file.signal })
      .then((stored) => valueBytes(kind[row]!, length[row]!, stored))
    shared.place = place
    shared.bytes = bytes
    // What failed for one task, cancelled perhaps, is tried again by the next.
    bytes.catch(() => {
      if (shared.bytes === bytes) shared.bytes = undefined
    })
    return bytes
  }
}
