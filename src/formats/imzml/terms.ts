/**
 * The terms of the controlled vocabularies (psi-ms.obo, imagingMS.obo) that reading needs, as numbers: a file names
 * some thirty in each spectrum, and numbers are told apart faster than texts.
 */

const IMS_BASE = 1_000_000_000

const ms = (digits: number): number => digits
const ims = (digits: number): number => IMS_BASE + digits

export const TERM = {
  continuous: ims(1000030),
  processed: ims(1000031),
  pixelsX: ims(1000042),
  pixelsY: ims(1000043),
  pixelSizeX: ims(1000046),
  pixelSizeY: ims(1000047),
  positionX: ims(1000050),
  positionY: ims(1000051),
  positionZ: ims(1000052),
  uuid: ims(1000080),
  externalOffset: ims(1000102),
  externalArrayLength: ims(1000103),
  externalEncodedLength: ims(1000104),
  totalIonCurrent: ms(1000285),
  basePeakMz: ms(1000504),
  basePeakIntensity: ms(1000505),
  mzArray: ms(1000514),
  intensityArray: ms(1000515),
  highestMz: ms(1000527),
  lowestMz: ms(1000528),
  zlib: ms(1000574),
  uncompressed: ms(1000576),
} as const

/** How the values of an array are written; always little-endian (imzML 1.1.0, section 3). */
export const VALUE_TYPES = ['float32', 'float64', 'int32', 'int64', 'int8', 'int16'] as const
export type ValueType = (typeof VALUE_TYPES)[number]

export const VALUE_BYTES: Readonly<Record<ValueType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  int8: 1,
  int16: 2,
}

const TYPES = new Map<number, ValueType>([
  [ms(1000521), 'float32'],
  [ms(1000523), 'float64'],
  [ms(1000519), 'int32'],
  [ms(1000522), 'int64'],
  [ims(1000141), 'int32'],
  [ims(1000142), 'int64'],
  [ims(1100000), 'int8'],
  [ims(1100001), 'int16'],
])

const HALF_FLOAT = ms(1000520)

const NAMED: Readonly<Record<string, ValueType>> = {
  '32-bit float': 'float32',
  '64-bit float': 'float64',
  '32-bit integer': 'int32',
  '64-bit integer': 'int64',
  '8-bit integer': 'int8',
  '16-bit integer': 'int16',
}

/** Whether the term says how values are written: half floats, which nobody reads, too. */
export function isValueType(term: number): boolean {
  return TYPES.has(term) || term === HALF_FLOAT
}

/**
 * The type that a term means. Where its name means another, the name is right: early versions of Xcalibur and of
 * pyimzML's writer confused the numbers, and pyimzML reads their files so.
 */
export function valueType(term: number, name: string): ValueType | undefined {
  return Object.hasOwn(NAMED, name) ? NAMED[name] : TYPES.get(term)
}

/** MS-Numpress, truncation and the like, alone or with zlib. */
const OTHER_COMPRESSION: ReadonlySet<number> = new Set(
  [1002312, 1002313, 1002314, 1002746, 1002747, 1002748, 1003088, 1003089, 1003090].map(ms),
)

export function isUnknownCompression(term: number): boolean {
  return OTHER_COMPRESSION.has(term)
}

/** `MS:1000514` as a number, 0 for what is neither of MS nor of IMS. */
export function termOf(accession: string): number {
  return termAt(`${accession}"`, 0)
}

/** The same for an accession that begins at `from` and ends before the next quote. */
export function termAt(text: string, from: number): number {
  const isIms = text.charCodeAt(from) === 73
  const colon = isIms ? from + 3 : from + 2
  if (text.charCodeAt(colon) !== 58 || text.charCodeAt(colon - 2) !== 77 || text.charCodeAt(colon - 1) !== 83)
    return 0
  let digits = 0
  for (let i = colon + 1; ; i++) {
    const code = text.charCodeAt(i)
    if (code === 34) break
    if (!(code >= 48 && code <= 57) || digits >= IMS_BASE) return 0
    digits = digits * 10 + code - 48
  }
  return digits < IMS_BASE ? (isIms ? IMS_BASE + digits : digits) : 0
}

const KEPT: ReadonlySet<number> = new Set([
  ...Object.values(TERM),
  ...TYPES.keys(),
  HALF_FLOAT,
  ...OTHER_COMPRESSION,
])

/** Whether anything reads the term. */
export function isKept(term: number): boolean {
  return KEPT.has(term)
}
