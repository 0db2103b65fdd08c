/** NIfTI-1 and NIfTI-2 headers by nifti-reader-js: .nii, .nii.gz and the .hdr of a pair. */

import { inflateHead, isGzip } from './inflate.ts'
import { FIRST_BYTES, HeadError, type HeadReader } from './reader.ts'
import type { HeadReport } from './types.ts'

/** Bytes of a header, without its extensions. */
const LENGTHS = { 1: 348, 2: 540 } as const

/** Names by NIfTI's datatype codes, numpy's where there is one. */
const DATATYPES: Readonly<Record<number, string>> = {
  1: 'binary',
  2: 'uint8',
  4: 'int16',
  8: 'int32',
  16: 'float32',
  32: 'complex64',
  64: 'float64',
  128: 'rgb24',
  256: 'int8',
  512: 'uint16',
  768: 'uint32',
  1024: 'int64',
  1280: 'uint64',
  1536: 'float128',
  1792: 'complex128',
  2048: 'complex256',
  2304: 'rgba32',
}

export async function readNifti(reader: HeadReader): Promise<HeadReport> {
  const first = await reader.first(FIRST_BYTES)
  const bytes = isGzip(first) ? await inflateHead(first, 1024) : first.subarray(0, 1024)
  // Its own copy, because the library takes ArrayBuffers.
  const data = new Uint8Array(bytes).buffer
  const { isNIFTI2, readHeader } = await import('nifti-reader-js')
  const version = isNIFTI2(data, true) ? 2 : 1
  const length = LENGTHS[version]
  if (data.byteLength < length)
    throw new HeadError(`it has ${data.byteLength} bytes, the header of NIfTI-${version} has ${length}`)
  // Without what follows: extensions may be long, and nothing of them is told here.
  const header = readHeader(data.slice(0, length), true)
  const [count = 0, ...dims] = header.dims
  if (!Number.isInteger(count) || count < 1 || count > 7)
    throw new HeadError(`it has ${count} dimensions, expected 1 to 7`)
  const description = header.description.split('\0', 1)[0]!.trim()
  const nifti = {
    version,
    dims: dims.slice(0, count).map((size) => BigInt(size)),
    // A voxel's size is its absolute value; the first entry's sign is another matter (qfac).
    voxel_sizes: header.pixDims.slice(1, count + 1).map(Math.abs),
    datatype: DATATYPES[header.datatypeCode] ?? String(header.datatypeCode),
    description: description === '' ? null : description,
    qform_code: header.qform_code,
    sform_code: header.sform_code,
  }
  return { columns: { nifti } }
}
