/** Text files with their rows known beforehand, and the containers they may come in. */

import { constants, deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { Options } from '../../../src/formats/text/types.ts'
import { EOF_BLOCK, header, member } from '../../formats/gzip/helpers.ts'

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | { readonly [name: string]: Value }

/** A file's decompressed bytes, and its rows without the ordinal. */
export interface Corpus {
  readonly format: 'fastq' | 'lines' | 'words' | 'csv'
  readonly options: Options
  readonly raw: Buffer
  readonly rows: readonly (readonly Value[])[]
}

export interface Read {
  readonly id: string
  readonly description: string | null
  readonly sequence: string
  readonly quality: string
}

export interface FastqStyle {
  readonly eol: '\n' | '\r\n'
  /** Bases in a line; 0: all of them. */
  readonly wrap: number
  /** The title again behind the plus. */
  readonly repeat: boolean
  readonly finalNewline: boolean
  /** Blank lines before read i, and behind the last one. */
  readonly blanks: readonly number[]
}

export const PLAIN_STYLE: FastqStyle = { eol: '\n', wrap: 0, repeat: false, finalNewline: true, blanks: [] }

export function fastqFile(reads: readonly Read[], style: FastqStyle = PLAIN_STYLE): Corpus {
  const { eol, wrap, repeat, finalNewline, blanks } = style
  const lines: string[] = []
  const blank = (i: number): void => {
    for (let n = blanks.length === 0 ? 0 : blanks[i % blanks.length]!; n > 0; n--) lines.push('')
  }
  const wrapped = (text: string): string[] => {
    if (wrap === 0 || text.length === 0) return [text]
    return Array.from({ length: Math.ceil(text.length / wrap) }, (_, i) =>
      text.slice(i * wrap, (i + 1) * wrap),
    )
  }
  reads.forEach(({ id, description, sequence, quality }, i) => {
    blank(i)
    const title = description === null ? id : `${id} ${description}`
    lines.push(`@${title}`, ...wrapped(sequence), repeat ? `+${title}` : '+', ...wrapped(quality))
  })
  blank(reads.length)
  const text = lines.join(eol) + (finalNewline && lines.length > 0 ? eol : '')
  const rows = reads.map(({ id, description, sequence, quality }) => [id, description, sequence, quality])
  return { format: 'fastq', options: {}, raw: Buffer.from(text), rows }
}

const oneOf = (alphabet: string) => fc.constantFrom(...alphabet)
/** All that a quality may hold, with the two signs that also begin lines of another kind most often. */
const QUALITIES = `@@@+++${Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('')}`

const anyRead: fc.Arbitrary<Read> = fc
  .record({
    id: fc.string({ unit: oneOf('abc:/_1@+'), minLength: 1, maxLength: 12 }),
    description: fc.option(fc.string({ unit: oneOf('xyz=:1é '), minLength: 1, maxLength: 10 })),
    bases: fc.array(fc.tuple(oneOf('ACGTN'), oneOf(QUALITIES)), { maxLength: 60 }),
  })
  .map(({ id, description, bases }) => ({
    id,
    // White space around the description is none of it.
    description: description?.trim() || null,
    sequence: bases.map(([base]) => base).join(''),
    quality: bases.map(([, value]) => value).join(''),
  }))

const anyStyle: fc.Arbitrary<FastqStyle> = fc.record({
  eol: fc.constantFrom('\n', '\r\n'),
  wrap: fc.constantFrom(0, 0, 1, 7, 20),
  repeat: fc.boolean(),
  finalNewline: fc.boolean(),
  blanks: fc.oneof(fc.constant([]), fc.array(fc.nat(2), { minLength: 1, maxLength: 5 })),
})

/** Without a sequence there is nothing that tells an empty quality line from the end of the file. */
export const anyFastq: fc.Arbitrary<Corpus> = fc
  .tuple(fc.array(anyRead, { maxLength: 40 }), anyStyle)
  .map(([reads, style]) => fastqFile(reads, style))

const TEXT = fc.string({ unit: oneOf('ab cd,"\t\r漢é🙂0'), maxLength: 30 })

export const anyLines: fc.Arbitrary<Corpus> = fc
  .tuple(fc.array(TEXT, { maxLength: 60 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, eol, finalNewline]) => {
    const text = lines.join(eol) + (finalNewline && lines.length > 0 ? eol : '')
    return linesFile(text)
  })

export function linesFile(text: string): Corpus {
  const found = text.split('\n')
  if (found.at(-1) === '') found.pop()
  // The CR before an LF belongs to the line's end; so does one at the end of the file.
  const rows = found.map((line) => [line.endsWith('\r') ? line.slice(0, -1) : line])
  return { format: 'lines', options: {}, raw: Buffer.from(text), rows }
}

const WORD = fc.string({ unit: oneOf('ab.,漢é🙂\u00a0'), minLength: 1, maxLength: 12 })
const SPACE = fc.string({ unit: oneOf(' \n\t\r\v\f'), minLength: 1, maxLength: 5 })

export const anyWords: fc.Arbitrary<Corpus> = fc
  .tuple(
    fc.option(SPACE, { nil: '' }),
    fc.array(fc.tuple(WORD, SPACE), { maxLength: 60 }),
    fc.option(WORD, { nil: '' }),
  )
  .map(([before, pairs, last]) => wordsFile(before + pairs.flat().join('') + last))

export function wordsFile(text: string): Corpus {
  const rows = text
    .split(/[\t-\r ]+/)
    .filter((word) => word !== '')
    .map((word) => [word])
  return { format: 'words', options: {}, raw: Buffer.from(text), rows }
}

export type CsvRow = readonly [id: number, name: string | null, amount: number | null]

export interface CsvStyle {
  readonly eol: '\n' | '\r\n'
  readonly delim: string
  readonly finalNewline: boolean
  /** Blank lines behind row i. */
  readonly blanks: readonly number[]
}

export function csvFile(rows: readonly CsvRow[], style: CsvStyle): Corpus {
  const { eol, delim, finalNewline, blanks } = style
  const quoted = (text: string): string =>
    /["\r\n]/.test(text) || text.includes(delim) || /^\s|\s$/.test(text)
      ? `"${text.replaceAll('"', '""')}"`
      : text
  const lines = [['id', 'name', 'amount'].join(delim)]
  rows.forEach(([id, name, amount], i) => {
    lines.push([String(id), name === null ? '' : quoted(name), amount ?? ''].join(delim))
    for (let n = blanks.length === 0 ? 0 : blanks[i % blanks.length]!; n > 0; n--) lines.push('')
  })
  return {
    format: 'csv',
    options: {
      delim,
      quote: '"',
      escape: '"',
      header: true,
      new_line: eol === '\n' ? '\\n' : '\\r\\n',
      columns: { id: 'BIGINT', name: 'VARCHAR', amount: 'DOUBLE' },
      record: true,
    },
    raw: Buffer.from(lines.join(eol) + (finalNewline ? eol : '')),
    rows: rows.map(([id, name, amount]) => [BigInt(id), name, amount]),
  }
}

const CELL = fc.oneof(
  fc.string({ unit: oneOf('abc漢é🙂;|'), minLength: 1, maxLength: 10 }),
  // Looks like rows of this very table.
  fc.constantFrom('x\n7,y,1.5\n8,z,2', '"', 'a "b" c', ',', '\n', '3,"q",4\n'),
)

export const anyCsv: fc.Arbitrary<Corpus> = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.nat(100_000),
        fc.option(CELL),
        fc.option(fc.integer({ min: -1000, max: 1000 }).map((n) => n / 4)),
      ),
      { maxLength: 50 },
    ),
    fc.record({
      eol: fc.constantFrom('\n', '\r\n'),
      delim: fc.constantFrom(',', ';', '\t'),
      finalNewline: fc.boolean(),
      blanks: fc.oneof(fc.constant([]), fc.array(fc.nat(2), { minLength: 1, maxLength: 5 })),
    }),
  )
  .map(([rows, style]) => csvFile(rows, style))

export const CONTAINERS = ['plain', 'gzip', 'members', 'bgzf'] as const
export type Packing = (typeof CONTAINERS)[number]

/** Blocks that end at any bit, and little compression: small files with many pieces and access points. */
const WEAK = { strategy: constants.Z_HUFFMAN_ONLY }

/** A BGZF block (SAM spec, 4.1). */
function bgzfBlock(raw: Uint8Array): Buffer {
  const deflated = deflateRawSync(raw, WEAK)
  const fields = Buffer.from([6, 0, 0x42, 0x43, 2, 0, 0, 0])
  fields.writeUInt16LE(10 + fields.length + deflated.length + 8 - 1, 6)
  return member(raw, deflated, header(4, fields))
}

/** Compresses; `sizes` are those of members and blocks, used in turn. */
export function pack(raw: Uint8Array, packing: Packing, sizes: readonly number[]): Buffer {
  if (packing === 'plain') return Buffer.from(raw)
  if (packing === 'gzip') return gzipSync(raw, WEAK)
  const parts: Buffer[] = []
  for (let at = 0, i = 0; at < raw.length; i++) {
    const part = raw.subarray(at, at + Math.min(sizes[i % sizes.length]!, 65280))
    parts.push(packing === 'members' ? gzipSync(part) : bgzfBlock(part))
    at += part.length
  }
  if (packing === 'bgzf') parts.push(EOF_BLOCK)
  else if (parts.length === 0) parts.push(gzipSync(raw))
  return Buffer.concat(parts)
}

export const anySizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 })

/** Numbers in [0, below), the same for the same seed. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Reads whose quality lines begin with "@" and "+" often. */
export function manyReads(count: number, seed: number, shortest = 30, longest = 150): Read[] {
  const next = random(seed)
  const noise = Buffer.alloc(1 << 16)
  const bases = Buffer.alloc(1 << 16)
  for (let i = 0; i < noise.length; i++) {
    // Noise of a short period: windows compress well, so that small gzip files have several access points.
    noise[i] = i >= 900 ? noise[i - 900]! : next(5) === 0 ? (next(2) === 0 ? 64 : 43) : 33 + next(94)
    bases[i] = i >= 700 ? bases[i - 700]! : 'ACGTN'.charCodeAt(next(5))
  }
  return Array.from({ length: count }, (_, i) => {
    const length = shortest + next(longest - shortest + 1)
    const from = next(noise.length - length)
    return {
      id: `read.${i}:${next(1 << 10)}`,
      description: i % 3 === 0 ? null : `length=${length}`,
      sequence: bases.toString('latin1', from, from + length),
      quality: noise.toString('latin1', from, from + length),
    }
  })
}

/** Rows some of whose texts hold what looks like rows of the same table. */
export function manyRows(count: number, seed: number): CsvRow[] {
  const next = random(seed)
  return Array.from({ length: count }, (_, i): CsvRow => {
    const kind = next(8)
    const name =
      kind === 0
        ? Array.from({ length: 1 + next(12) }, (_, k) => `${i + k},false row ${k},${k}.25`).join('\n')
        : kind === 1
          ? null
          : kind === 2
            ? `漢字 "${i}" é🙂`
            : `a name with few changes, number ${next(1 << 3)}`
    return [i, name, next(4) === 0 ? null : next(16) / 8 - 100]
  })
}

/** `id` and ordinal of a table's rows. */
export function numberedCsv(rows: readonly (readonly Value[])[]): Value[][] {
  return rows.map((row, i) => [row[0]!, BigInt(i)])
}
