/** SAM and BAM headers (SAM v1, 1.3 and 4.2). */

import { HeadError, type HeadReader } from './reader.ts'
import { linesOf, readUntil } from './text-head.ts'
import type { HeadReport } from './types.ts'

export function readSam(reader: HeadReader): Promise<HeadReport> {
  return readUntil(reader, (bytes, isAll) => {
    const lines = linesOf(bytes, isAll)
    const end = lines.findIndex((line) => !line.startsWith('@'))
    if (end < 0 && !isAll) return undefined
    return reportOf('sam', end < 0 ? lines : lines.slice(0, end))
  })
}

/** A text with the lines of SAM, then the number of references, which may be there without @SQ lines. */
export function readBam(reader: HeadReader): Promise<HeadReport> {
  return readUntil(reader, (bytes, isAll) => {
    if (bytes.length < 8) {
      if (!isAll) return undefined
      throw new HeadError(`it inflates to ${bytes.length} bytes, its header has at least 12`)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const end = 8 + view.getUint32(4, true)
    if (bytes.length < end + 4 && !isAll) return undefined
    // The text may be padded with NULs.
    const lines = linesOf(bytes.subarray(8, end), true).filter((line) => line.startsWith('@'))
    if (bytes.length < end + 4)
      return {
        ...reportOf('bam', lines),
        problem: `its header of ${end} bytes is cut off at ${bytes.length}`,
      }
    return reportOf('bam', lines, view.getInt32(end, true))
  })
}

function reportOf(kind: 'sam' | 'bam', lines: readonly string[], references?: number): HeadReport {
  const records = lines.map((line) => line.replace(/\0+$/, '').split('\t'))
  const all = (type: string, tag: string): string[] =>
    records
      .filter(([first]) => first === type)
      .flatMap((fields) => fields.filter((field) => field.startsWith(`${tag}:`)).slice(0, 1))
      .map((field) => field.slice(3))
  const sequencing = {
    kind,
    version: all('@HD', 'VN')[0] ?? null,
    sort_order: all('@HD', 'SO')[0] ?? null,
    contigs: references ?? all('@SQ', 'SN').length,
    read_groups: all('@RG', 'ID'),
    samples: [...new Set(all('@RG', 'SM'))],
    programs: all('@PG', 'ID'),
  }
  return { columns: { sequencing } }
}
