/** Rows as FASTA text. */

import type { ColumnBatch, ColumnVector } from '../batch.ts'
import { DESCRIPTION, ID, LENGTH, OFFSET, SEQUENCE } from './columns.ts'

/** Residues in a line, as samtools writes them. */
const WIDTH = 60

const LF = 10
const TITLE = 62
const SEMICOLON = 59

/**
 * A batch of all columns as FASTA. Parts of sequences are titled with their place, first and last residue counted from
 * 1, as `samtools faidx id:first-last` does.
 */
export function writeFasta({ rows, columns }: ColumnBatch, parts: boolean): Uint8Array {
  const texts: Uint8Array[] = []
  const number = (column: number, row: number): number =>
    Number((columns[column]!.values as BigInt64Array)[row]!)
  for (let row = 0; row < rows; row++) {
    const id = textOf(columns[ID]!, row)!
    const description = textOf(columns[DESCRIPTION]!, row)
    const offset = number(OFFSET, row)
    const place = parts ? `:${offset + 1}-${offset + number(LENGTH, row)}` : ''
    const words = description === undefined ? '' : ` ${Buffer.from(description).toString()}`
    texts.push(
      Buffer.from(`>${Buffer.from(id).toString()}${place}${words}\n`),
      inLines(textOf(columns[SEQUENCE]!, row)!),
    )
  }
  return Buffer.concat(texts)
}

function textOf({ validity, offsets, values }: ColumnVector, row: number): Uint8Array | undefined {
  if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) return undefined
  return (values as Uint8Array).subarray(offsets![row], offsets![row + 1])
}

function inLines(residues: Uint8Array): Uint8Array {
  if (residues.includes(TITLE) || residues.includes(SEMICOLON)) return inSafeLines(residues)
  const lines = Math.ceil(residues.length / WIDTH)
  const text = new Uint8Array(residues.length + lines)
  for (let line = 0; line < lines; line++) {
    const part = residues.subarray(line * WIDTH, (line + 1) * WIDTH)
    text.set(part, line * (WIDTH + 1))
    text[line * (WIDTH + 1) + part.length] = LF
  }
  return text
}

/** Lines that begin with `>` or `;` mean something else: a space, which is no residue, stands before such a residue. */
function inSafeLines(residues: Uint8Array): Uint8Array {
  const lines =
    Buffer.from(residues)
      .toString('latin1')
      .match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? []
  return Buffer.from(lines.map((line) => `${/^[>;]/.test(line) ? ' ' : ''}${line}\n`).join(''), 'latin1')
}
