/** Metadata from files' heads: a few first bytes, for some formats a few ranges more, never the data. */

import type { ByteSource } from '../../../bytes/types.ts'
import { throwIfAborted } from '../../../errors.ts'
import { HEAD_COLUMNS } from './columns.ts'
import { detectFormat, expectedFormat, type HeadFormat, isBareName, isSureName, TITLES } from './detect.ts'
import { fitColumns } from './fit.ts'
import { inflateHead, isGzip } from './inflate.ts'
import { FIRST_BYTES, openHead } from './reader.ts'
import type { Decoder, HeadReport } from './types.ts'

export { HEAD_COLUMNS } from './columns.ts'
export type { HeadReport } from './types.ts'

/** Loaded when the first such file comes: starting varve reads none of it. */
const DECODERS: Readonly<Record<HeadFormat, () => Promise<Decoder>>> = {
  picture: async () => (await import('./picture.ts')).readPicture,
  tiff: async () => (await import('./raster.ts')).readTiff,
  dicom: async () => (await import('./dicom.ts')).readDicom,
  nifti: async () => (await import('./nifti.ts')).readNifti,
  video: async () => (await import('./video.ts')).readVideo,
  las: async () => (await import('./points.ts')).readPoints,
  fastq: async () => (await import('./reads.ts')).readFastq,
  fasta: async () => (await import('./reads.ts')).readFasta,
  vcf: async () => (await import('./variants.ts')).readVcf,
  bcf: async () => (await import('./variants.ts')).readBcf,
  sam: async () => (await import('./alignments.ts')).readSam,
  bam: async () => (await import('./alignments.ts')).readBam,
}

/** A file without a byte is a file of these formats, without a record. */
const MAY_BE_EMPTY: readonly (HeadFormat | undefined)[] = ['fastq', 'fasta', 'sam']

/**
 * Whether reading the head of a file of this name can be worth a request, without looking inside: a known extension,
 * or none, as DICOM files often have none.
 *
 * @example hasHead('scans/1.2.840.113619.2') // true
 */
export function hasHead(path: string): boolean {
  return expectedFormat(path) !== undefined || isBareName(path)
}

/**
 * Reads what a file's head says. Bad bytes are a report with a `problem`; only failed reads (as the source throws
 * them) and aborts throw. `head`: first bytes that are at hand already.
 *
 * Reads 64 KiB, then at most 1 MiB more in at most 16 requests, 48 of a video.
 */
export async function readHead(
  path: string,
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined; readonly head?: Uint8Array | undefined } = {},
): Promise<HeadReport> {
  throwIfAborted(options.signal)
  const reader = openHead(path, source, options)
  const expected = expectedFormat(path)
  let found: HeadFormat | undefined
  try {
    const first = await reader.first(FIRST_BYTES)
    const plain = isGzip(first) ? await inflateHead(first, 1024) : first
    if (plain.length === 0 && MAY_BE_EMPTY.includes(expected))
      return { columns: { sequencing: { kind: expected! } } }
    found = detectFormat(path, plain)
    if (found === undefined) return unknownHead(path, first, expected)
    const decode = await DECODERS[found]()
    const report = await decode(reader)
    if (reader.failure !== undefined) throw reader.failure.error
    const columns = fitColumns(report.columns, HEAD_COLUMNS)
    return report.problem === undefined ? { columns } : { columns, problem: `${path}: ${report.problem}` }
  } catch (error) {
    if (reader.failure !== undefined) throw reader.failure.error
    throwIfAborted(options.signal)
    const format = found ?? expected
    if (format === undefined) return { columns: {} }
    // Libraries throw strings, too.
    const said = error instanceof Error ? error.message : String(error)
    return { columns: {}, problem: `${path} cannot be read as ${TITLES[format]}: ${said}` }
  }
}

function unknownHead(path: string, first: Uint8Array, expected: HeadFormat | undefined): HeadReport {
  if (expected === undefined || !isSureName(path)) return { columns: {} }
  const begins =
    first.length === 0
      ? 'is empty'
      : `begins with the bytes ${Buffer.from(first.subarray(0, 8)).toString('hex')}`
  return { columns: {}, problem: `${path} ${begins}, expected ${TITLES[expected]}` }
}
