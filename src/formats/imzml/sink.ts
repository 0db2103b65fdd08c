/** A spectrum in the making: its terms come one after the other, from whoever reads the XML. */

import { badImzml, unsupportedImzml } from './error.ts'
import { kindOf } from './kind.ts'
import { isUnknownCompression, isValueType, TERM, type ValueType, valueType } from './terms.ts'
import type { ArrayPlace, Dialect, Param, Spectrum } from './types.ts'
import { decodeText } from './xml/text.ts'

const LEAST_INT32 = -(2 ** 31)
const MOST_INT32 = 2 ** 31 - 1
/** Differences of two such numbers are exact, too. */
const MOST = 2 ** 52

/** `binaryDataArray`, of which the order of its terms is not given. */
interface FoundArray {
  what: 'mz' | 'intensity' | undefined
  type: ValueType | undefined
  typeTerm: number
  compression: 'none' | 'zlib' | 'unknown'
  offset: number
  length: number
  bytes: number
}

interface Term {
  readonly term: number
  readonly value: string
  readonly type: ValueType | undefined
}

function termFrom([term, value, name]: Param): Term {
  return { term, value, type: isValueType(term) ? valueType(term, name) : undefined }
}

export class SpectrumSink {
  readonly spectrum: Spectrum = {
    id: '',
    x: Number.NaN,
    y: Number.NaN,
    z: Number.NaN,
    mz: { offset: 0, length: 0, bytes: 0, kind: -1 },
    intensity: { offset: 0, length: 0, bytes: 0, kind: -1 },
    totalIonCurrent: Number.NaN,
    basePeakMz: Number.NaN,
    basePeakIntensity: Number.NaN,
    mzMin: Number.NaN,
    mzMax: Number.NaN,
  }
  /** Spectra that are done. */
  count = 0
  readonly #uri: string
  readonly #encoding: string
  readonly #groups: ReadonlyMap<string, readonly Term[]>
  readonly #array: FoundArray
  #inArray = false
  readonly #offsets = { mz: new SignedOffsets(), intensity: new SignedOffsets() }

  constructor(uri: string, { groups, encoding }: Dialect) {
    this.#uri = uri
    this.#encoding = encoding
    this.#groups = new Map(groups.map(([id, params]) => [id, params.map(termFrom)]))
    this.#array = {
      what: undefined,
      type: undefined,
      typeTerm: 0,
      compression: 'none',
      offset: Number.NaN,
      length: Number.NaN,
      bytes: 0,
    }
  }

  begin(id: string): void {
    const { spectrum } = this
    spectrum.id = decodeText(id, this.#encoding)
    spectrum.x = spectrum.y = spectrum.z = Number.NaN
    spectrum.mz.kind = spectrum.intensity.kind = -1
    spectrum.totalIonCurrent = spectrum.basePeakMz = spectrum.basePeakIntensity = Number.NaN
    spectrum.mzMin = spectrum.mzMax = Number.NaN
    this.#inArray = false
  }

  beginArray(): void {
    const array = this.#array
    array.what = array.type = undefined
    array.typeTerm = array.bytes = 0
    array.compression = 'none'
    array.offset = array.length = Number.NaN
    this.#inArray = true
  }

  /** The terms of a group count as if they stood here. */
  refer(group: string): void {
    const terms = this.#groups.get(group)
    if (terms === undefined) return
    for (const { term, value, type } of terms) this.param(term, value, type)
  }

  /** `type`: of a term that says how values are written. */
  param(term: number, value: string, type: ValueType | undefined): void {
    if (this.#inArray) this.#arrayParam(term, value, type)
    else this.#spectrumParam(term, value)
  }

  #spectrumParam(term: number, value: string): void {
    const { spectrum } = this
    switch (term) {
      case TERM.positionX:
        spectrum.x = this.#whole('position x', value, LEAST_INT32, MOST_INT32)
        break
      case TERM.positionY:
        spectrum.y = this.#whole('position y', value, LEAST_INT32, MOST_INT32)
        break
      case TERM.positionZ:
        spectrum.z = this.#whole('position z', value, LEAST_INT32, MOST_INT32)
        break
      case TERM.totalIonCurrent:
        spectrum.totalIonCurrent = measured(value)
        break
      case TERM.basePeakMz:
        spectrum.basePeakMz = measured(value)
        break
      case TERM.basePeakIntensity:
        spectrum.basePeakIntensity = measured(value)
        break
      case TERM.lowestMz:
        spectrum.mzMin = measured(value)
        break
      case TERM.highestMz:
        spectrum.mzMax = measured(value)
    }
  }

  #arrayParam(term: number, value: string, type: ValueType | undefined): void {
    const array = this.#array
    switch (term) {
      case TERM.mzArray:
        array.what = 'mz'
        break
      case TERM.intensityArray:
        array.what = 'intensity'
        break
      case TERM.zlib:
        if (array.compression === 'none') array.compression = 'zlib'
        break
      case TERM.externalOffset:
        array.offset = this.#whole('external offset', value, LEAST_INT32)
        break
      case TERM.externalArrayLength:
        array.length = this.#whole('external array length', value, 0)
        break
      case TERM.externalEncodedLength:
        array.bytes = this.#whole('external encoded length', value, 0)
        break
      default:
        if (isValueType(term)) {
          array.type = type
          array.typeTerm = term
        } else if (isUnknownCompression(term)) array.compression = 'unknown'
    }
  }

  endArray(): void {
    this.#inArray = false
    const { what, type, typeTerm, compression, offset, length, bytes } = this.#array
    // Other arrays, such as ion mobilities, are no columns.
    if (what === undefined) return
    const shown = what === 'mz' ? 'm/z' : 'intensity'
    if (compression === 'unknown' || (type === undefined && typeTerm !== 0)) {
      const trouble = type === undefined ? 'of half floats' : 'compressed in a way that is not read'
      throw unsupportedImzml(
        `the ${shown} array of spectrum ${this.count} is ${trouble}, expected 32 or 64-bit numbers, plain or with zlib`,
        this.#uri,
      )
    }
    if (type === undefined)
      throw this.#refuse(`the ${shown} array has no type of values, expected one such as MS:1000523`)
    if (Number.isNaN(offset) || Number.isNaN(length))
      throw this.#refuse(
        `the ${shown} array has no ${Number.isNaN(offset) ? 'external offset' : 'external array length'}, expected one`,
      )
    const place: ArrayPlace = this.spectrum[what]
    place.offset = this.#offsets[what].next(offset)
    place.length = length
    place.bytes = compression === 'zlib' ? bytes : 0
    place.kind = kindOf(type, compression === 'zlib')
  }

  /** The spectrum is whole, and its values hold until the next one begins. */
  end(): Spectrum {
    const { spectrum } = this
    if (Number.isNaN(spectrum.x) || Number.isNaN(spectrum.y))
      throw this.#refuse(`it has no position ${Number.isNaN(spectrum.x) ? 'x' : 'y'}, expected one`)
    // As pyimzML has it.
    if (Number.isNaN(spectrum.z)) spectrum.z = 1
    for (const what of ['mz', 'intensity'] as const) {
      if (spectrum[what].kind < 0)
        throw this.#refuse(`it has no ${what === 'mz' ? 'm/z' : what} array, expected one`)
    }
    this.count++
    return spectrum
  }

  #whole(what: string, text: string, least: number, most = MOST): number {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw this.#refuse(`the ${what} is ${JSON.stringify(text.slice(0, 80))}, expected a whole number`)
  }

  #refuse(what: string): Error {
    return badImzml(`spectrum ${this.count}: ${what}`, this.#uri)
  }
}

/** A measured value, NaN for none; what is no number is none: writers leave it empty, or write "n/a". */
function measured(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

/** Offsets of writers that count in 32 bits with a sign, set right as pyimzML does. */
class SignedOffsets {
  #before = Number.NaN
  #passed = 0

  next(offset: number): number {
    if (offset < 0 && this.#before >= 0) this.#passed += 2 ** 32
    this.#before = offset
    return offset + this.#passed
  }
}
