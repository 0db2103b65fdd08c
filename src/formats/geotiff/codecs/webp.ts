/**
 * WebP tiles, by libwebp as WebAssembly (@jsquash/webp), which is in the bundle: nothing is loaded from a disk or a net.
 *
 * Each file has an instance of its own. That libwebp is 1.1.0, whose tables a lossless picture made for it writes past
 * (CVE-2023-4863): within an instance's own memory, so that all it can spoil are tiles of its own file.
 *
 * Rejected: icodec (libwebp 1.4.0, equal values, a fifth faster), which brings 20 MB of other codecs, x265 among them;
 * @cwasm/webp, older still; sharp, which decodes only asynchronously.
 */

import makeModule from '@jsquash/webp/codec/dec/webp_dec.js'
import binary from '@jsquash/webp/codec/dec/webp_dec.wasm'
import { VarveError } from '../../../errors.ts'
import type { Codec, TileShape } from './index.ts'
import { readWebpHead } from './webp-head.ts'

/** Emscripten's module, as far as it is used. */
interface Webp {
  /** Red, green, blue and opacity of each pixel, a copy; null where the bytes are damaged. */
  decode(bytes: Uint8Array): { readonly data: Uint8ClampedArray<ArrayBuffer> } | null
}

/** Instances and modules are handed on, never looked into. */
interface Instance {
  readonly exports: object
}

const make = makeModule as unknown as (options: {
  instantiateWasm(imports: object, done: (instance: Instance) => void): object
}) => Promise<Webp>

const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: {
    compile(bytes: Uint8Array): Promise<object>
    readonly Instance: new (module: object, imports: object) => Instance
  }
}

let compiled: Promise<object> | undefined

export async function webpCodec(): Promise<Codec> {
  compiled ??= wasm.compile(binary)
  const module = await compiled
  const webp = await make({
    instantiateWasm(imports, done) {
      const instance = new wasm.Instance(module, imports)
      done(instance)
      return instance.exports
    },
  })
  return (bytes, shape) => {
    checkHead(bytes, shape)
    const { width, rows, samples } = shape
    const data = webp.decode(bytes)?.data
    if (data?.length !== width * rows * 4)
      throw new VarveError('invalid-data', 'geotiff: WebP: a tile cannot be decoded')
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length)
    return samples === 4 ? pixels : withoutOpacity(pixels)
  }
}

/** Before a byte is allocated: the picture has the tile's size and bands. One without opacity is opaque. */
function checkHead(bytes: Uint8Array, { width, rows, samples }: TileShape): void {
  const head = readWebpHead(bytes)
  if (head.width === width && head.height === rows && (!head.alpha || samples === 4)) return
  const found = `${head.width} × ${head.height} pixels of ${head.alpha ? 4 : 3} bands`
  throw new VarveError(
    'invalid-data',
    `geotiff: WebP: a tile holds ${found}, expected ${width} × ${rows} of ${samples}`,
  )
}

/** In place. */
function withoutOpacity(pixels: Uint8Array): Uint8Array {
  let to = 0
  for (let from = 0; from < pixels.length; from += 4) {
    pixels[to] = pixels[from]!
    pixels[to + 1] = pixels[from + 1]!
    pixels[to + 2] = pixels[from + 2]!
    to += 3
  }
  return pixels.subarray(0, to)
}
