/** LERC tiles, by Esri's own library as WebAssembly, put together as libtiff's tif_lerc.c does. */

import { decode, type LercData, load } from 'lerc'
import { VarveError } from '../../../errors.ts'
import { NUMBER_ARRAYS } from '../../batch.ts'
import type { Lerc, Raster, SampleKind } from '../types.ts'
import { type Expand, inflater, zstd } from './expand.ts'
import type { Codec, TileShape } from './index.ts'
import { type LercBlob, readLercBlobs } from './lerc-blobs.ts'
import { LERC_KINDS } from './samples.ts'

const bad = (what: string, cause?: unknown): VarveError =>
  new VarveError('invalid-data', `geotiff: LERC: ${what}`, {}, cause)

/** `raster` is one of LERC. The library finds its .wasm file beside the code: in its package, or in the bundle's folder. */
export async function lercCodec({ kind, lerc }: Raster): Promise<Codec> {
  await load()
  const { within, alpha } = lerc!
  const expand = await expandOf(within)
  return (bytes, shape) => {
    const all = expand?.(bytes, mostOf(shape), shape.allocate) ?? bytes
    const blobs = readLercBlobs(all)
    const opacity = alpha && blobs[0]!.depth === shape.samples - 1
    checkBlobs(blobs, opacity ? shape.samples - 1 : shape.samples, shape, kind)
    if (opacity) return withOpacity(decoded(all), shape)
    checkHoles(blobs, shape, kind)
    return blobs.length === 1 ? together(decoded(all), shape, kind) : interleaved(all, blobs, shape, kind)
  }
}

async function expandOf(within: Lerc['within']): Promise<Expand | undefined> {
  if (within === 'none') return undefined
  return within === 'deflate' ? inflater() : zstd()
}

/** What libtiff has room for: blobs of noise are longer than their samples. */
function mostOf({ bytes }: TileShape): number {
  return 256 + bytes + Math.ceil(bytes / 3)
}

/** Before anything is allocated for them: one blob with all bands, or one for each, of the tile's size and type. */
function checkBlobs(blobs: readonly LercBlob[], bands: number, shape: TileShape, kind: SampleKind): void {
  const { width, rows } = shape
  const isSplit = blobs.length > 1
  if (isSplit && blobs.length !== bands)
    throw bad(`a tile holds ${blobs.length} blobs, expected 1 or ${bands}`)
  const [depth, type] = [isSplit ? 1 : bands, LERC_KINDS.indexOf(kind)]
  for (const blob of blobs) {
    if (blob.width === width && blob.height === rows && blob.depth === depth && blob.type === type) continue
    const found = `${blob.width} × ${blob.height} pixels of ${blob.depth} ${LERC_KINDS[blob.type] ?? 'unknown'}`
    throw bad(`a tile holds ${found}, expected ${width} × ${rows} of ${depth} ${kind}`)
  }
}

/** A pixel without a value is a NaN. Among integers there is none, and libtiff does not read such a tile either. */
function checkHoles(blobs: readonly LercBlob[], { width, rows }: TileShape, kind: SampleKind): void {
  const least = Math.min(...blobs.map(({ valid }) => valid))
  if (kind.startsWith('float') || least === width * rows) return
  throw bad(`a tile has ${least} pixels with values, expected all ${width * rows} of ${kind}`)
}

function decoded(bytes: Uint8Array): LercData {
  try {
    const data = decode(bytes, { returnInterleaved: true })
    if (data.noDataValues === null || data.depthCount === 1) return data
  } catch (error) {
    const what = error instanceof Error ? error.message : 'it is damaged'
    throw bad(`a tile cannot be decoded: ${what}`, error)
  }
  throw bad('a tile has values that stand for none in some bands of a pixel, which is not read')
}

/** The bands of a pixel stand together already. */
function together({ pixels, mask }: LercData, { samples }: TileShape, kind: SampleKind): Uint8Array {
  const values = pixels[0]!
  if (mask !== null && kind.startsWith('float'))
    for (const [i, valid] of mask.entries())
      if (valid === 0) values.fill(Number.NaN, i * samples, (i + 1) * samples)
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** The mask is opaque or clear pixels of a last band. */
function withOpacity({ pixels, mask }: LercData, { width, rows, samples }: TileShape): Uint8Array {
  const values = pixels[0]!
  const out = new Uint8Array(width * rows * samples)
  for (let i = 0, from = 0, to = 0; i < width * rows; i++) {
    for (let band = 1; band < samples; band++) out[to++] = values[from++]!
    out[to++] = mask?.[i] === 0 ? 0 : 255
  }
  return out
}

/** Each band has a blob, and a mask of its own. */
function interleaved(
  bytes: Uint8Array,
  blobs: readonly LercBlob[],
  { width, rows, samples }: TileShape,
  kind: SampleKind,
): Uint8Array {
  const Kind = NUMBER_ARRAYS[kind] as Float64ArrayConstructor
  const out = new Kind(width * rows * samples).fill(Number.NaN)
  // The library takes all bands for empty where the first one is: it gets those from the first on that is not.
  const first = blobs.findIndex(({ valid }) => valid > 0)
  if (first >= 0) {
    const { pixels, mask, bandMasks } = decoded(bytes.subarray(blobs[first]!.at))
    for (const [i, values] of pixels.entries()) {
      const valid = bandMasks?.[i] ?? mask
      for (let pixel = 0, to = first + i; pixel < values.length; pixel++, to += samples)
        if (valid === null || valid[pixel] !== 0) out[to] = values[pixel]!
    }
  }
  return new Uint8Array(out.buffer)
}
