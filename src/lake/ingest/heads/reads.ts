/** FASTQ and FASTA: the first record, and what Illumina's instruments write into its name. */

import type { Row } from '../../types.ts'
import { HeadError, type HeadReader } from './reader.ts'
import { linesOf, readUntil } from './text-head.ts'
import type { HeadReport } from './types.ts'

export function readFastq(reader: HeadReader): Promise<HeadReport> {
  return readUntil(reader, (bytes, isAll) => {
    const lines = linesOf(bytes, isAll)
    const plus = lines.findIndex((line, i) => i > 0 && line.startsWith('+'))
    if (plus < 0) {
      if (!isAll) return undefined
      throw new HeadError('its first record has no "+" line')
    }
    const title = lines[0]!.slice(1)
    // Sanger's FASTQ may break the sequence into lines.
    const length = lines.slice(1, plus).reduce((sum, line) => sum + line.length, 0)
    return {
      columns: {
        sequencing: { kind: 'fastq', name: nameOf(title), read_length: length, ...illumina(title) },
      },
    }
  })
}

export function readFasta(reader: HeadReader): Promise<HeadReport> {
  return readUntil(reader, (bytes, isAll) => {
    const title = linesOf(bytes, isAll).find((line) => line.startsWith('>'))
    if (title === undefined) return undefined
    return { columns: { sequencing: { kind: 'fasta', name: nameOf(title.slice(1)) } } }
  })
}

function nameOf(title: string): string | null {
  const name = title.trim().split(/\s/, 1)[0]!
  return name === '' ? null : name
}

/**
 * Instrument, run, flow cell and lane of a name as Casava 1.8 and later write it,
 * `instrument:run:flowcell:lane:tile:x:y`, or earlier ones, `instrument:lane:tile:x:y#index/read`. The archives put
 * their own name first and the instrument's after it.
 */
function illumina(title: string): Row {
  for (const word of title.split(/\s+/, 2)) {
    const late = /^([^:]+):([^:]+):([^:]+):(\d{1,3}):\d+:\d+:\d+(?::[^:]*)?$/.exec(word)
    if (late !== null) {
      const [, instrument, run, flowcell, lane] = late
      return { instrument: instrument!, run: run!, flowcell: flowcell!, lane: Number(lane) }
    }
    const early = /^([^:]+):(\d{1,3}):\d+:-?\d+:-?\d+(?:[#/].*)?$/.exec(word)
    if (early !== null) return { instrument: early[1]!, lane: Number(early[2]) }
  }
  return {}
}
