/** VCF and BCF headers (VCFv4.3, 1.4 and 6.2). */

import type { Row } from '../../types.ts'
import { HeadError, type HeadReader } from './reader.ts'
import { linesOf, readUntil } from './text-head.ts'
import type { HeadReport } from './types.ts'

/** Columns before the first sample. */
const FIXED = 9

export function readVcf(reader: HeadReader): Promise<HeadReport> {
  return readUntil(reader, (bytes, isAll) => {
    const lines = linesOf(bytes, isAll)
    const last = lines.findIndex((line) => !line.startsWith('##'))
    if (last < 0 && !isAll) return undefined
    return reportOf('vcf', last < 0 ? lines : lines.slice(0, last + 1))
  })
}

/** Its text is a VCF header, after a magic of five bytes and the text's length. */
export function readBcf(reader: HeadReader): Promise<HeadReport> {
  return readUntil(reader, (bytes, isAll) => {
    if (bytes.length < 9) {
      if (!isAll) return undefined
      throw new HeadError(`it inflates to ${bytes.length} bytes, its header has at least 9`)
    }
    const length = new DataView(bytes.buffer, bytes.byteOffset, 9).getUint32(5, true)
    if (bytes.length < 9 + length && !isAll) return undefined
    const lines = linesOf(bytes.subarray(9, 9 + length), true)
    return reportOf(
      'bcf',
      lines.filter((line) => line.startsWith('#')),
    )
  })
}

function reportOf(kind: 'vcf' | 'bcf', lines: readonly string[]): HeadReport {
  const version = headerValue(lines, '##fileformat=')
  const row: Row = {
    kind,
    version: version ?? null,
    reference: headerValue(lines, '##reference=') ?? null,
    contigs: lines.filter((line) => line.startsWith('##contig=')).length,
  }
  const columns = lines.at(-1)
  if (columns === undefined || !/^#CHROM\s/.test(columns))
    return { columns: { sequencing: row }, problem: 'its header does not end with a #CHROM line' }
  return { columns: { sequencing: { ...row, samples: columns.split('\t').slice(FIXED) } } }
}

function headerValue(lines: readonly string[], prefix: string): string | undefined {
  return lines
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length)
    .trim()
}
