/** The spectra of the XML in blocks of about a MiB of the .ibd, with all that is said of them. */

import type { ByteSource } from '../../bytes/types.ts'
import { type Block, blockSegments } from '../blocks/segment.ts'
import type { Zone } from '../text/types.ts'
import type { Blocks, Layout, ReadHooks } from '../types.ts'
import { fits } from './arrays.ts'
import { unsupportedImzml } from './error.ts'
import { rawBytes, storedBytes, typeOf } from './kind.ts'
import { readSpectra } from './spectra.ts'
import type { ArrayPlace, Dialect, Spectrum } from './types.ts'
import { Spectra } from './window.ts'

const STORED = 1 << 20
const DECODED = 4 << 20
const ROWS = 4096
/** Spectra whose arrays stand far apart, whatever their order in the XML, are no block. */
const SPARSE = 4 << 20

export async function imzmlBlocks(
  source: ByteSource,
  layout: Layout,
  { signal }: Pick<ReadHooks, 'signal'>,
): Promise<Blocks> {
  const dialect = layout.dialect as unknown as Dialect
  const { type } = layout.columns.find(({ name }) => name === 'intensity')!
  const item = type.kind === 'list' ? type.item.kind : type.kind
  const maker = new BlockMaker()
  const take = (spectrum: Spectrum): void => {
    const found = typeOf(spectrum.intensity.kind)
    if (!fits(found, item))
      throw unsupportedImzml(
        `intensities of spectrum ${maker.rows} are ${found}, expected ${item} as the groups of the file say`,
        source.uri,
      )
    maker.add(spectrum)
  }
  await readSpectra(source, dialect, take, signal)
  return { segments: blockSegments(maker.finish()), complete: true }
}

class BlockMaker {
  rows = 0
  readonly #blocks: Block[] = []
  #spectra = new Spectra()
  #start = Number.POSITIVE_INFINITY
  #end = 0
  #stored = 0
  #decoded = 0
  /** The m/z array before: spectra that share one have it once. */
  readonly #mz: ArrayPlace = { offset: -1, length: -1, bytes: 0, kind: -1 }

  add(spectrum: Spectrum): void {
    const { mz, intensity } = spectrum
    const before = this.#mz
    const shares = mz.offset === before.offset && mz.length === before.length && mz.kind === before.kind
    const mzBytes = storedBytes(mz.kind, mz.length, mz.bytes)
    const bytes = storedBytes(intensity.kind, intensity.length, intensity.bytes)
    const stored = bytes + (shares ? 0 : mzBytes)
    const decoded = mz.length * 8 + rawBytes(intensity.kind, intensity.length)
    let start = intensity.offset
    let end = start + bytes
    if (!shares) {
      start = Math.min(start, mz.offset)
      end = Math.max(end, mz.offset + mzBytes)
    }
    const span = Math.max(end, this.#end) - Math.min(start, this.#start)
    const rows = this.#spectra.length
    if (
      rows > 0 &&
      (rows === ROWS ||
        this.#stored + stored > STORED ||
        this.#decoded + decoded > DECODED ||
        span > this.#stored + stored + SPARSE)
    )
      this.#close()
    this.#spectra.add(spectrum)
    this.#start = Math.min(this.#start, start)
    this.#end = Math.max(this.#end, end)
    this.#stored += stored
    this.#decoded += decoded
    before.offset = mz.offset
    before.length = mz.length
    before.kind = mz.kind
    this.rows++
  }

  #close(): void {
    const spectra = this.#spectra
    // An absurd place is an error of whoever reads the block: that the XML names it does no harm.
    const source = Math.max(0, this.#start)
    this.#blocks.push({
      source,
      end: Math.min(Number.MAX_SAFE_INTEGER, Math.max(source, this.#end)),
      rows: spectra.length,
      raw: Math.min(this.#decoded, 2 ** 40),
      window: spectra.pack(),
      zones: [
        ...[spectra.x, spectra.y, spectra.z, spectra.totalIonCurrent, spectra.mzMin, spectra.mzMax].map(
          zoneOf,
        ),
      ],
    })
    this.#spectra = new Spectra()
    this.#start = Number.POSITIVE_INFINITY
    this.#end = this.#stored = this.#decoded = 0
  }

  finish(): Block[] {
    if (this.#spectra.length > 0) this.#close()
    return this.#blocks
  }
}

/** In the order of `ZONES`; NaN is NULL. */
function zoneOf(values: readonly number[]): Zone {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let nulls = false
  for (const value of values) {
    if (Number.isNaN(value)) nulls = true
    else {
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  return min > max ? { min: null, max: null, nulls } : { min, max, nulls }
}
