/** How far the scan of one file has come: what the next piece must begin with, and the index in the making. */

import { VarveError } from '../errors.ts'
import type { Piece, PieceResult, Segment, Work } from '../formats/types.ts'
import type { BoundFile } from './file.ts'

/** After so many wrong guesses in a row a file is read piece after piece. */
const PATIENCE = 2

export class FileScan {
  readonly file: BoundFile
  /** Rows and raw bytes before the piece whose turn it is. */
  rows = 0
  raw = 0
  /** Where in that piece its first record must begin. */
  expected: number
  #misses = 0
  /** A record fills all of a piece: looking for others in the next ones would read them twice. */
  #inRecord = false
  readonly #segments: Segment[] = []

  constructor(file: BoundFile) {
    this.file = file
    this.expected = file.layout.dataStart
  }

  /** Pieces are started only when the one before them is done: guessing does not work in this file. */
  get sequential(): boolean {
    return this.#misses >= PATIENCE || this.#inRecord
  }

  /** Whether a piece that began at `start` goes on where the one before it stopped. */
  accepts(start: number): boolean {
    const fits = start === this.expected
    // Where one record fills many pieces, they are done one after the other only until the next begins.
    if (start < 0 && this.file.format.findsAll === true) {
      this.#inRecord = true
      return false
    }
    this.#misses = fits ? 0 : this.#misses + 1
    return fits
  }

  /** The piece again, beginning where it must. */
  exact(piece: Piece): Piece {
    return { ...piece, start: this.expected }
  }

  /** A piece is done: the next one follows it. */
  pass(result: PieceResult): void {
    for (const segment of result.segments) this.#segments.push(this.#placed(segment))
    this.rows += result.rows
    if (result.rows > 0) this.#inRecord = false
    this.raw += result.raw
    this.expected = result.stop - result.raw
  }

  #placed(segment: Segment): Segment {
    const { point, raw, rawEnd, firstRow } = segment
    return {
      ...segment,
      point: { ...point, raw: point.raw + this.raw },
      raw: raw + this.raw,
      rawEnd: rawEnd + this.raw,
      firstRow: firstRow + this.rows,
    }
  }

  /** All pieces are done: keeps the index. */
  async finish(): Promise<void> {
    const blocks = await this.file.blocks(undefined)
    if (blocks?.complete !== true)
      return void (await this.file.keepIndex(this.#segments, this.rows, this.raw))
    const last = blocks.segments.at(-1)
    const rows = last === undefined ? 0 : last.firstRow + last.rows
    await this.file.keepIndex(blocks.segments, rows, last?.rawEnd ?? 0)
  }

  /** An error of a piece, with the record's and byte's place in the whole file. */
  placeError(error: VarveError): VarveError {
    if (error.details.relative !== true) return error
    const record = Number(error.details.record) + this.rows
    const byte = Number(error.details.byte) + this.raw
    const message = error.message.replace('{record}', String(record)).replace('{byte}', String(byte))
    const { relative: _, ...details } = error.details
    return new VarveError(error.code, message, { ...details, record, byte }, error)
  }
}

export function isPiece(work: Work): work is Piece {
  return work.kind === 'piece'
}

/** An error of a piece of which nobody knows what comes before it: without numbers that would mislead. */
export function withoutPlace(error: VarveError): VarveError {
  if (error.details.relative !== true) return error
  const message = error.message.replace(' {record}', '').replace(/ @ (decompressed )?byte \{byte\}/, '')
  const { relative: _, record: __, byte: ___, ...details } = error.details
  return new VarveError(error.code, message, details, error)
}
