/** What is known of an image: plain JSON, so that it travels in the layout. */

/** A term of a controlled vocabulary (`terms.ts`), the value and the name that stand beside it. */
export type Param = readonly [term: number, value: string, name: string]

/** `layout.dialect`. */
export interface Dialect {
  /** As the file says it; reading looks at where arrays stand, not at this. */
  readonly mode?: 'continuous' | 'processed' | undefined
  /** 32 hexadecimal digits. */
  readonly uuid?: string | undefined
  /** Of the XML, as TextDecoder names it. */
  readonly encoding: string
  /** Byte of the file behind the start tag of the list of spectra; its end for a file that has none. */
  readonly spectraStart: number
  /** The elements that are open there, as they are written. */
  readonly path: readonly string[]
  /** Groups of terms that spectra refer to by name: those with terms that are read. */
  readonly groups: readonly (readonly [id: string, params: readonly Param[]])[]
  readonly image: {
    readonly pixels_x?: number | undefined
    readonly pixels_y?: number | undefined
    /** As written, mostly micrometres. */
    readonly pixel_size_x?: number | undefined
    readonly pixel_size_y?: number | undefined
  }
}

/** Where an array of a spectrum stands in the .ibd. */
export interface ArrayPlace {
  offset: number
  /** Values. */
  length: number
  /** Compressed bytes; 0 where it is not compressed. */
  bytes: number
  /** `kindOf` type and compression. */
  kind: number
}

/** A spectrum as its element describes it. One object serves them all, in turn. NaN where nothing is said. */
export interface Spectrum {
  id: string
  x: number
  y: number
  z: number
  readonly mz: ArrayPlace
  readonly intensity: ArrayPlace
  totalIonCurrent: number
  basePeakMz: number
  basePeakIntensity: number
  mzMin: number
  mzMax: number
}
