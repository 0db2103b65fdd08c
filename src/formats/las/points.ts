/** Points under decoding: one array per field, as raw as the file has them. */

/** The fields that somebody asks for. */
export interface Wanted {
  readonly xy: boolean
  readonly z: boolean
  readonly intensity: boolean
  /** The byte with return number and number of returns; in formats 0 to 5 with two flags, too. */
  readonly returns: boolean
  /** The byte with flags and scanner channel of formats 6 to 10. */
  readonly flags: boolean
  readonly classification: boolean
  readonly scanAngle: boolean
  readonly userData: boolean
  readonly pointSource: boolean
  readonly gpsTime: boolean
  readonly rgb: boolean
  readonly nir: boolean
  readonly wave: boolean
  readonly extra: boolean
}

export type FieldName = keyof Wanted

const ALL: Wanted = {
  xy: true,
  z: true,
  intensity: true,
  returns: true,
  flags: true,
  classification: true,
  scanAngle: true,
  userData: true,
  pointSource: true,
  gpsTime: true,
  rgb: true,
  nir: true,
  wave: true,
  extra: true,
}

export const ALL_WANTED = ALL

/** These fields and no others. */
export function wantedFields(names: Iterable<FieldName>): Wanted {
  const set = new Set(names)
  return Object.fromEntries(
    Object.keys(ALL).map((name) => [name, set.has(name as FieldName)]),
  ) as unknown as Wanted
}

export class Points {
  readonly x: Int32Array
  readonly y: Int32Array
  readonly z: Int32Array
  readonly intensity: Uint16Array
  readonly returns: Uint8Array
  readonly flags: Uint8Array
  readonly classification: Uint8Array
  readonly scanAngle: Int16Array
  readonly userData: Uint8Array
  readonly pointSource: Uint16Array
  readonly gpsTime: Float64Array
  /** The same memory as words. */
  readonly gpsWords: Int32Array
  /** Red, green and blue of each point. */
  readonly rgb: Uint16Array
  readonly nir: Uint16Array
  readonly wave: Uint8Array
  readonly extra: Uint8Array
  /** What the layers of a compressed point tell each other: which values changed, the channel, a context of z. */
  readonly changed: Uint8Array
  readonly channel: Uint8Array
  readonly zContext: Uint8Array

  constructor(
    readonly capacity: number,
    readonly extraBytes: number,
    waveBytes: number,
  ) {
    this.x = new Int32Array(capacity)
    this.y = new Int32Array(capacity)
    this.z = new Int32Array(capacity)
    this.intensity = new Uint16Array(capacity)
    this.returns = new Uint8Array(capacity)
    this.flags = new Uint8Array(capacity)
    this.classification = new Uint8Array(capacity)
    this.scanAngle = new Int16Array(capacity)
    this.userData = new Uint8Array(capacity)
    this.pointSource = new Uint16Array(capacity)
    this.gpsTime = new Float64Array(capacity)
    this.gpsWords = new Int32Array(this.gpsTime.buffer)
    this.rgb = new Uint16Array(capacity * 3)
    this.nir = new Uint16Array(capacity)
    this.wave = new Uint8Array(capacity * waveBytes)
    this.extra = new Uint8Array(capacity * extraBytes)
    this.changed = new Uint8Array(capacity)
    this.channel = new Uint8Array(capacity)
    this.zContext = new Uint8Array(capacity)
  }
  /** Moves the wanted fields of the points at `places`, which ascend, to points [0, count). */
  gather(places: Int32Array, count: number, wanted: Wanted): void {
    const { x, y, wave, extra } = this
    if (wanted.xy) {
      gather(x, places, count)
      gather(y, places, count)
    }
    for (const field of SINGLE) if (wanted[field]) gather(this[field], places, count)
    // As words: a NaN's bits would not survive being a number.
    if (wanted.gpsTime) gather(this.gpsWords, places, count, 2)
    if (wanted.rgb) gather(this.rgb, places, count, 3)
    if (wanted.wave) gather(wave, places, count, wave.length / this.capacity)
    if (wanted.extra) gather(extra, places, count, this.extraBytes)
  }
}

/** Fields that have one number per point. */
const SINGLE = [
  'z',
  'intensity',
  'returns',
  'flags',
  'classification',
  'scanAngle',
  'userData',
  'pointSource',
  'nir',
] as const

function gather(
  values: Int32Array | Uint16Array | Int16Array | Uint8Array,
  places: Int32Array,
  count: number,
  each = 1,
): void {
  if (each === 1) for (let i = 0; i < count; i++) values[i] = values[places[i]!]!
  else
    for (let i = 0; i < count; i++)
      for (let k = 0, from = places[i]! * each; k < each; k++) values[i * each + k] = values[from + k]!
}
