/** A block's window: what the XML says of its spectra, column by column, so that the XML is never read again. */

import { PackedReader, PackedWriter } from './packed.ts'
import type { ArrayPlace, Spectrum } from './types.ts'

const VERSION = 1

interface Places {
  readonly offset: number[]
  readonly length: number[]
  readonly bytes: number[]
  readonly kind: number[]
}

const places = (): Places => ({ offset: [], length: [], bytes: [], kind: [] })
const MEASURES = ['totalIonCurrent', 'basePeakMz', 'basePeakIntensity', 'mzMin', 'mzMax'] as const

/** Some spectra, by columns; NaN where nothing is said of one. */
export class Spectra {
  readonly x: number[] = []
  readonly y: number[] = []
  readonly z: number[] = []
  readonly mz = places()
  readonly intensity = places()
  readonly totalIonCurrent: number[] = []
  readonly basePeakMz: number[] = []
  readonly basePeakIntensity: number[] = []
  readonly mzMin: number[] = []
  readonly mzMax: number[] = []
  readonly id: string[] = []

  add(spectrum: Spectrum): void {
    this.x.push(spectrum.x)
    this.y.push(spectrum.y)
    this.z.push(spectrum.z)
    this.id.push(spectrum.id)
    this.totalIonCurrent.push(spectrum.totalIonCurrent)
    this.basePeakMz.push(spectrum.basePeakMz)
    this.basePeakIntensity.push(spectrum.basePeakIntensity)
    this.mzMin.push(spectrum.mzMin)
    this.mzMax.push(spectrum.mzMax)
    addPlace(this.mz, spectrum.mz)
    addPlace(this.intensity, spectrum.intensity)
  }

  get length(): number {
    return this.x.length
  }

  /** Steps are small and mostly alike: some ten bytes a spectrum beside its measures. */
  pack(): Uint8Array {
    const writer = new PackedWriter()
    writer.byte(VERSION)
    for (const column of this.#integers()) packIntegers(writer, column)
    for (const name of MEASURES) packMeasures(writer, this[name])
    packIds(writer, this.id)
    return writer.take()
  }

  #integers(): number[][] {
    const { x, y, z, mz, intensity } = this
    return [
      x,
      y,
      z,
      ...[mz, intensity].flatMap(({ offset, length, bytes, kind }) => [offset, length, bytes, kind]),
    ]
  }

  /** Of a window of so many spectra; an Error when it is none. */
  static unpack(window: Uint8Array, count: number): Spectra {
    const reader = new PackedReader(window)
    const version = reader.byte()
    if (version !== VERSION) throw new RangeError(`the window is of version ${version}, expected ${VERSION}`)
    const spectra = new Spectra()
    for (const column of spectra.#integers()) unpackIntegers(reader, column, count)
    for (const name of MEASURES) unpackMeasures(reader, spectra[name], count)
    unpackIds(reader, spectra.id, count)
    return spectra
  }
}

function addPlace(columns: Places, { offset, length, bytes, kind }: ArrayPlace): void {
  columns.offset.push(offset)
  columns.length.push(length)
  columns.bytes.push(bytes)
  columns.kind.push(kind)
}

const EVEN = 0
const STEPS = 1

/** The first number, then the one step between all of them, or each step. */
function packIntegers(writer: PackedWriter, values: readonly number[]): void {
  const first = values[0] ?? 0
  const step = (values[1] ?? first) - first
  const isEven = values.every((value, i) => value === first + i * step)
  writer.byte(isEven ? EVEN : STEPS)
  writer.integer(first)
  if (isEven) {
    writer.integer(step)
    return
  }
  for (let i = 1; i < values.length; i++) writer.integer(values[i]! - values[i - 1]!)
}

function unpackIntegers(reader: PackedReader, into: number[], count: number): void {
  const isEven = reader.byte() === EVEN
  let value = reader.integer()
  const step = isEven ? reader.integer() : 0
  for (let i = 0; i < count; i++) {
    if (i > 0) value += isEven ? step : reader.integer()
    into.push(value)
  }
}

const NONE = 0
const SOME = 1

function packMeasures(writer: PackedWriter, values: readonly number[]): void {
  const isKnown = values.some((value) => !Number.isNaN(value))
  writer.byte(isKnown ? SOME : NONE)
  if (isKnown) for (const value of values) writer.double(value)
}

function unpackMeasures(reader: PackedReader, into: number[], count: number): void {
  const isKnown = reader.byte() === SOME
  for (let i = 0; i < count; i++) into.push(isKnown ? reader.double() : Number.NaN)
}

const COUNTED = 0
const TEXTS = 1
const COUNTING = /^(.*?)(0|[1-9]\d{0,14})$/s

/** Most writers count: `spectrum=17`, `spectrum=18`. */
function packIds(writer: PackedWriter, ids: readonly string[]): void {
  const [, prefix = '', digits] = COUNTING.exec(ids[0] ?? '') ?? []
  const first = Number(digits)
  if (digits !== undefined && ids.every((id, i) => id === prefix + (first + i))) {
    writer.byte(COUNTED)
    writer.text(prefix)
    writer.natural(first)
    return
  }
  writer.byte(TEXTS)
  for (const id of ids) writer.text(id)
}

function unpackIds(reader: PackedReader, into: string[], count: number): void {
  if (reader.byte() === COUNTED) {
    const prefix = reader.text()
    const first = reader.natural()
    for (let i = 0; i < count; i++) into.push(prefix + (first + i))
    return
  }
  for (let i = 0; i < count; i++) into.push(reader.text())
}
