/** FASTA files with their rows known beforehand. */

import fc from 'fast-check'
import { fastaOf } from '../../../src/formats/fasta/index.ts'
import { textFormat } from '../../../src/formats/text/format.ts'
import type { Format } from '../../../src/formats/types.ts'
import type { Value } from '../../scan/support/corpus.ts'
import { type Bound, bindBytes } from '../../scan/support/harness.ts'

export interface Sequence {
  readonly id: string
  readonly description: string | null
  readonly residues: string
}

export interface Style {
  readonly eol: '\n' | '\r\n'
  /** Residues in a line; 0: all of them. */
  readonly wrap: number
  readonly finalNewline: boolean
  /** Lines before record i and behind the last one: blank ones and comments. */
  readonly between: readonly string[]
  /** White space inside of lines. */
  readonly spaced: boolean
}

export const PLAIN: Style = { eol: '\n', wrap: 60, finalNewline: true, between: [], spaced: false }

export interface FastaFile {
  readonly raw: Buffer
  readonly sequences: readonly Sequence[]
  /** All columns. */
  readonly rows: readonly (readonly Value[])[]
}

export function fastaFile(sequences: readonly Sequence[], style: Style = PLAIN): FastaFile {
  const { eol, wrap, finalNewline, between, spaced } = style
  const lines: string[] = []
  const add = (i: number): void => {
    if (between.length > 0) lines.push(between[i % between.length]!)
  }
  sequences.forEach(({ id, description, residues }, i) => {
    add(i)
    lines.push(description === null ? `>${id}` : `>${id} ${description}`)
    const width = wrap === 0 ? Math.max(1, residues.length) : wrap
    for (let at = 0; at < residues.length; at += width) {
      const line = residues.slice(at, at + width)
      lines.push(spaced && line.length > 1 ? `${line.slice(0, 1)} \t${line.slice(1)} ` : line)
    }
  })
  add(sequences.length)
  const text = lines.join(eol) + (finalNewline && lines.length > 0 ? eol : '')
  return {
    raw: Buffer.from(text),
    sequences,
    rows: sequences.map(({ id, description, residues }, i) => [
      id,
      description,
      residues,
      BigInt(residues.length),
      0n,
      BigInt(i),
    ]),
  }
}

const oneOf = (alphabet: string) => fc.constantFrom(...alphabet)

/** `>` may stand in a line, and `;` behind its beginning. */
const anyResidues = (longest: number) =>
  fc
    .tuple(fc.string({ unit: oneOf('ACGTacgtN*-'), maxLength: longest }), fc.boolean())
    .map(([text, odd]) => (odd && text.length > 2 ? `${text.slice(0, -1)}>` : text))

const anySequence = (longest: number): fc.Arbitrary<Sequence> =>
  fc
    .record({
      id: fc.string({ unit: oneOf('abcé|.:>;1'), maxLength: 6 }),
      description: fc
        .option(fc.string({ unit: oneOf('xyz=:1é> '), minLength: 1, maxLength: 10 }))
        .map((text) => text?.trim() || null),
      residues: anyResidues(longest),
    })
    .map((one) => (one.id === '' ? { ...one, description: null } : one))

const anyStyle: fc.Arbitrary<Style> = fc.record({
  eol: fc.constantFrom('\n', '\r\n'),
  wrap: fc.constantFrom(0, 1, 5, 7, 20),
  finalNewline: fc.boolean(),
  between: fc.oneof(
    fc.constant([]),
    fc.array(fc.constantFrom('', ' ', ';', '; a comment > no title', '\t'), { minLength: 1, maxLength: 4 }),
  ),
  spaced: fc.boolean(),
})

/** A line that begins with `>` in the middle of a sequence would be a title. */
const isMeant = ({ wrap }: Style, { residues }: Sequence): boolean =>
  wrap === 0
    ? !residues.startsWith('>')
    : !residues.match(new RegExp(`.{${wrap}}`, 'g'))?.some((l) => l[0] === '>')

export const anyFasta: fc.Arbitrary<FastaFile> = fc
  .tuple(fc.array(anySequence(150), { maxLength: 14 }), anyStyle)
  .filter(
    ([sequences, style]) =>
      style.wrap !== 1 &&
      sequences.every((one) => isMeant(style, one) && (one.residues.length - 1) % style.wrap !== 0),
  )
  .map(([sequences, style]) => fastaFile(sequences, style))

/** Records are long from 40 bytes on, and cut every 32: small files have all that huge ones have. */
export const TINY = { long: 40, inside: 32, shared: () => 24 }

export const tinyFasta: Format = textFormat(fastaOf(TINY))

export async function bindFasta(bytes: Uint8Array, format = tinyFasta): Promise<Bound> {
  return { ...(await bindBytes(bytes, 'fasta')), format }
}

/** Numbers in [0, below), the same for the same seed. */
export function residuesOf(length: number, seed: number): string {
  const letters = Buffer.alloc(length)
  let state = seed | 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    letters[i] = 'ACGT'.charCodeAt((state >>> 16) & 3)
  }
  return letters.toString('latin1')
}
