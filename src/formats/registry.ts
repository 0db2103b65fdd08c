/** The formats varve knows: a new one adds its folder and a line here. */

import { VarveError } from '../errors.ts'
import { bam } from './bam/index.ts'
import { bcf } from './bcf/index.ts'
import { blockFormat } from './blocks/format.ts'
import { copc } from './copc/index.ts'
import { csv } from './csv/index.ts'
import { fasta } from './fasta/index.ts'
import { fastq } from './fastq/index.ts'
import { geotiff } from './geotiff/index.ts'
import { imzml } from './imzml/index.ts'
import { las } from './las/index.ts'
import { lines } from './lines/index.ts'
import { parquet } from './parquet/index.ts'
import { textFormat } from './text/format.ts'
import type { Format, Head } from './types.ts'
import { vcf } from './vcf/index.ts'
import { words } from './words/index.ts'

/** In the order in which heads are tried: the pickiest first, `lines` takes any text. */
export const FORMATS: readonly Format[] = [
  // Magic numbers.
  ...[geotiff, las, copc, parquet].map(blockFormat),
  blockFormat(imzml),
  ...[bam, bcf, fastq, fasta, vcf, csv, lines, words].map(textFormat),
]

/** `invalid-input` when there is no such format. */
export function formatNamed(name: string): Format {
  const format = FORMATS.find((one) => one.name === name)
  if (format !== undefined) return format
  const known = FORMATS.map((one) => one.name).join(', ')
  throw new VarveError('invalid-input', `unknown format "${name}", expected one of ${known}`, {
    format: name,
  })
}

/** The format that a file is read in by who asked for this one: BCF where VCF was named, going by its head or its name. */
export function formatAsked(name: string, path: string, head?: Head): Format {
  const asked = formatNamed(name)
  const isIt = (format: Format): boolean =>
    head === undefined ? formatOfName(path) === format : format.detect(path, head)
  return FORMATS.find((format) => format.readAs === name && isIt(format)) ?? asked
}

const COMPRESSION = /\.(gz|bgz|bgzf|gzip)$/i

/** The ending that names a format: `fq` of `reads.fq.gz`, in lower case. */
export function formatExtension(path: string): string {
  const name = path.replace(COMPRESSION, '')
  return /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
}

/** An ending with a wildcard behind it or among alternatives: `*.fastq*`, `*.{fq,fastq}.gz`, `*.csv{,.gz}`. */
const ENDING_IN_PATTERN = new RegExp(
  `[.{,](?:${FORMATS.flatMap((format) => format.extensions).join('|')})(?:\\.gz)?[*?[{},][^/]*$`,
  'i',
)

/** Whether the ending alone makes the path, or pattern, one that varve reads as a table. */
export function hasKnownExtension(path: string): boolean {
  return formatOfName(path) !== undefined || ENDING_IN_PATTERN.test(path)
}

/** The format that the ending names, whatever the file holds; the longest one says most: `copc.laz` more than `laz`. */
export function formatOfName(path: string): Format | undefined {
  const name = path.replace(COMPRESSION, '').toLowerCase()
  const named = FORMATS.flatMap((format) => format.extensions.map((ending) => ({ format, ending })))
  return named
    .filter(({ ending }) => name.endsWith(`.${ending}`))
    .reduce<(typeof named)[number] | undefined>(
      (best, one) => (one.ending.length > (best?.ending.length ?? 0) ? one : best),
      undefined,
    )?.format
}

/** The format of a file by its head; among several, the one its name speaks for. `invalid-data` when none fits. */
export function detectFormat(path: string, head: Head): Format {
  const named = formatOfName(path)
  // Nothing speaks against the name of an empty file.
  if (head.raw.length === 0 && head.whole) return named ?? formatNamed('lines')
  if (named?.detect(path, head) === true) return named
  const found = FORMATS.find((format) => format.detect(path, head))
  // Any text is lines: under a name that promises more, reading it so would hide what is wrong with it.
  if (found !== undefined && (found.name !== 'lines' || named === undefined)) return found
  // Who wrote the name meant it: that format says best what it misses.
  if (named !== undefined) return named
  const bytes = Buffer.from(head.raw.buffer, head.raw.byteOffset, Math.min(8, head.raw.length)).toString(
    'hex',
  )
  const known = FORMATS.map((one) => one.name).join(', ')
  throw new VarveError(
    'invalid-data',
    `the file starts with the bytes ${bytes}, expected one of ${known} (${head.uri})`,
    { uri: head.uri },
  )
}
