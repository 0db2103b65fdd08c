/** FASTQ: sequencing reads with a quality value for each base. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../batch.ts'
import { checkOptionNames } from '../text/options.ts'
import type { TextFormat } from '../text/types.ts'
import { FastqReader, RECORD, syncFastq } from './reader.ts'

const COLUMNS: readonly Field[] = [
  { name: 'id', type: { kind: 'utf8' } },
  { name: 'description', type: { kind: 'utf8' } },
  { name: 'sequence', type: { kind: 'utf8' } },
  { name: 'quality', type: { kind: 'utf8' } },
  { name: 'record', type: { kind: 'int64' } },
]

const WHITE = /^[\s]*/

/** Where the first byte that is not white space stands, or -1. */
function firstText(head: Uint8Array): number {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 4096)).toString('latin1')
  const at = WHITE.exec(text)![0].length
  return at < text.length ? at : -1
}

export const fastq = {
  name: 'fastq',
  title: 'sequencing reads',
  extensions: ['fastq', 'fq'],
  optionNames: [],

  detect(_path, head) {
    const at = firstText(head)
    if (at < 0 || head[at] !== 0x40) return false
    // A title, sequence lines, a "+": enough to tell it from SAM and from text that begins with "@".
    const lines = Buffer.from(head.buffer, head.byteOffset + at, Math.min(head.length - at, 1 << 16))
      .toString('latin1')
      .split('\n')
    const plus = lines.findIndex((line, index) => index > 0 && line.startsWith('+'))
    if (plus < 0) return lines.length <= 2 || (lines[1] ?? '').length > 60_000
    return lines.slice(1, plus).every((line) => /^[!-~ \t]*\r?$/.test(line))
  },

  layout(head, _whole, options) {
    checkOptionNames('fastq', options, this.optionNames)
    const at = firstText(head)
    if (at >= 0 && head[at] !== 0x40) {
      const found = JSON.stringify(String.fromCharCode(head[at]!))
      throw new VarveError(
        'invalid-data',
        `fastq: the file starts with ${found} at byte ${at}, expected "@"`,
        {
          byte: at,
        },
      )
    }
    return { columns: COLUMNS, zones: [], dataStart: 0, ordinal: RECORD, dialect: {} }
  },

  reader: (_layout, projection, settings) => new FastqReader(projection, settings),
  sync: (_layout, bytes, from, end, final) => syncFastq(bytes, from, end, final),
} satisfies TextFormat
