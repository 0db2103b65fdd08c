/** FASTA: sequences of nucleotides or amino acids. */

import { VarveError } from '../../errors.ts'
import { checkOptionNames } from '../text/options.ts'
import type { TextFormat } from '../text/types.ts'
import { COLUMNS, RECORD, SIZES, type Sizes, ZONES } from './columns.ts'
import { narrowByFaidx } from './narrow.ts'
import { FastaReader, syncFasta } from './reader.ts'
import { strategies } from './strategies.ts'
import { writeFasta } from './write.ts'

const TITLE = 0x3e
const SEMICOLON = 0x3b
const LF = 10
/** Byte-order mark of UTF-8. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf])
const OPTIONS: readonly string[] = []

const markLength = (head: Uint8Array): number =>
  Buffer.from(head.buffer, head.byteOffset, head.length).subarray(0, 3).equals(MARK) ? 3 : 0

/** Where the first byte stands that is neither white space nor of a comment, or -1. */
function firstText(head: Uint8Array): number {
  let at = markLength(head)
  while (at < head.length) {
    const byte = head[at]!
    if (byte === SEMICOLON) {
      const feed = head.indexOf(LF, at)
      if (feed < 0) return -1
      at = feed
    } else if (byte !== 32 && (byte < 9 || byte > 13)) return at
    at++
  }
  return -1
}

/** The format, cut into segments of these sizes. */
export const fastaOf = (sizes: Sizes): TextFormat => ({
  name: 'fasta',
  title: 'sequences of nucleotides or amino acids',
  extensions: ['fasta', 'fa', 'fna', 'faa', 'ffn', 'frn', 'fas', 'fsa', 'mfa', 'mpfa'],
  optionNames: OPTIONS,
  seeks: true,
  findsAll: true,
  cuts: sizes,
  narrow: narrowByFaidx,
  strategies,

  detect: (_path, head) => head[firstText(head)] === TITLE,

  layout(head, _whole, options) {
    checkOptionNames('fasta', options, OPTIONS)
    const at = firstText(head)
    if (at >= 0 && head[at] !== TITLE) {
      const found = JSON.stringify(String.fromCharCode(head[at]!))
      const message = `fasta: the file starts with ${found} at byte ${at}, expected ">"`
      throw new VarveError('invalid-data', message, { byte: at })
    }
    return { columns: COLUMNS, zones: ZONES, dataStart: markLength(head), ordinal: RECORD, dialect: {} }
  },

  reader: (_layout, projection, settings) => new FastaReader(projection, settings, sizes.long),
  sync: (_layout, bytes, from, end) => syncFasta(bytes, from, end),
  write: writeFasta,
})

export const fasta = fastaOf(SIZES)
