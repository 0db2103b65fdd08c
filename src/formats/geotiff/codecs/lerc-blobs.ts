/** What LERC blobs say of themselves (Lerc2::ReadHeader of github.com/Esri/lerc), read before anything is allocated for them. */

import { VarveError } from '../../../errors.ts'

export interface LercBlob {
  /** Where it begins. */
  readonly at: number
  readonly width: number
  readonly height: number
  /** Values of a pixel, that stand together. */
  readonly depth: number
  /** Pixels that have values. */
  readonly valid: number
  /** By its number among LERC_KINDS. */
  readonly type: number
}

const KEY = 'Lerc2 '
/** From this version on a checksum follows the version. */
const CHECKED = 3
/** From this version on pixels may have several values. */
const DEEP = 4

const bad = (what: string): VarveError => new VarveError('invalid-data', `geotiff: LERC: ${what}`)

/** The blobs of a tile: one, or one for each band; `invalid-data` where they are not all of its bytes. */
export function readLercBlobs(bytes: Uint8Array): LercBlob[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const blobs: LercBlob[] = []
  for (let at = 0; blobs.length === 0 || at < bytes.length; ) {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(KEY.length, bytes.length - at))
    if (key.toString('latin1') !== KEY)
      throw bad(`a blob starts with the bytes ${key.toString('hex')}, expected "${KEY}"`)
    let next = at + KEY.length
    const integer = (): number => {
      if (next + 4 > bytes.length) throw bad(`a tile ends in a blob's head, after ${bytes.length} bytes`)
      next += 4
      return view.getInt32(next - 4, true)
    }
    const version = integer()
    if (version >= CHECKED) integer()
    const [height, width, depth] = [integer(), integer(), version >= DEEP ? integer() : 1]
    const [valid, , size, type] = [integer(), integer(), integer(), integer()]
    if (size < next - at || size > bytes.length - at)
      throw bad(`a blob says that it has ${size} bytes, expected at most ${bytes.length - at}`)
    blobs.push({ at, width, height, depth, valid, type })
    at += size
  }
  return blobs
}
