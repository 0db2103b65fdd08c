/**
 * LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), and the frames that Hadoop puts around them.
 *
 * Rejected: hyparquet-compressors, which gives zeros where a damaged block ends too early.
 */

const short = () => new Error('the block ends inside a sequence')

/** Below it a loop is faster than a native copy. */
const SMALL = 24

/** Unpacks input[from, to) to out[at, …); returns where it stopped. */
function decodeBlock(input: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let i = from
  let o = at
  const extended = (start: number): number => {
    let length = start
    for (let byte = 255; byte === 255; length += byte) {
      if (i >= to) throw short()
      byte = input[i++]!
    }
    return length
  }
  while (i < to) {
    const token = input[i++]!
    const literals = token >> 4 === 15 ? extended(15) : token >> 4
    if (literals > to - i || literals > out.length - o) throw short()
    if (literals < SMALL) for (const end = i + literals; i < end; ) out[o++] = input[i++]!
    else {
      out.set(input.subarray(i, i + literals), o)
      i += literals
      o += literals
    }
    // The last sequence is literals alone.
    if (i === to) return o
    if (i + 2 > to) throw short()
    const offset = input[i]! | (input[i + 1]! << 8)
    i += 2
    const length = ((token & 15) === 15 ? extended(15) : token & 15) + 4
    if (offset === 0 || offset > o - at)
      throw new Error(`a match begins ${offset} bytes back, expected 1 to ${o - at}`)
    if (length > out.length - o) throw new Error('a match ends behind the page')
    if (offset >= length && length >= SMALL) {
      out.copyWithin(o, o - offset, o - offset + length)
      o += length
    } else for (const end = o + length; o < end; o++) out[o] = out[o - offset]!
  }
  return o
}

/** One block (codec LZ4_RAW). */
export function decodeLz4Raw(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size)
  return out.subarray(0, decodeBlock(bytes, 0, bytes.length, out, 0))
}

/** Hadoop's frames, or one block: codec LZ4 was never said to be either. */
export function decodeLz4(bytes: Uint8Array, size: number): Uint8Array {
  return decodeFrames(bytes, size) ?? decodeLz4Raw(bytes, size)
}

/** Blocks, each behind its unpacked and packed size, big-endian; undefined where the bytes are no such frames. */
function decodeFrames(bytes: Uint8Array, size: number): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const frames: { readonly from: number; readonly to: number; readonly size: number }[] = []
  let sum = 0
  for (let i = 0; i < bytes.length; ) {
    if (i + 8 > bytes.length) return undefined
    const unpacked = view.getUint32(i)
    const to = i + 8 + view.getUint32(i + 4)
    sum += unpacked
    if (to > bytes.length || sum > size) return undefined
    frames.push({ from: i + 8, to, size: unpacked })
    i = to
  }
  if (sum !== size) return undefined
  const out = new Uint8Array(size)
  let at = 0
  for (const frame of frames) {
    const end = decodeBlock(bytes, frame.from, frame.to, out.subarray(0, at + frame.size), at)
    if (end !== at + frame.size) throw new Error(`a frame has ${end - at} bytes, expected ${frame.size}`)
    at = end
  }
  return out
}
