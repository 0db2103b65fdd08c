/** A whole `Format` from the little that a text format says for itself. */

import type { Format, Head, Piece } from '../types.ts'
import { readPiece } from './piece.ts'
import { readRun, readText } from './run.ts'
import type { TextFormat } from './types.ts'

/**
 * The first piece, and the others: some 8 MiB decompressed, enough to be worth a request, little enough for several
 * threads to hold. Who wants the first rows only shall find the first piece in the file's head.
 */
const PLAIN_PIECES = [1 << 20, 8 << 20] as const
const BGZF_PIECES = [896 * 1024, 2 << 20] as const

export function textFormat(text: TextFormat): Format {
  return {
    name: text.name,
    title: text.title,
    extensions: text.extensions,
    optionNames: text.optionNames,
    fileColumns: text.fileColumns ?? false,
    strategies: ['count', 'rows', 'bytes'],
    detect: (path, head) => text.detect(path, head.raw),

    layout(head: Head, options) {
      const layout = text.layout(head.raw, head.whole, options)
      return { ...layout, format: text.name, container: head.container }
    },

    pieces(size, layout) {
      const start = layout.dataStart
      if (layout.container === 'gzip') return [{ kind: 'piece', from: 0, to: size, start }]
      const [first, step] = layout.container === 'plain' ? PLAIN_PIECES : BGZF_PIECES
      const pieces: Piece[] = []
      for (let from = 0, to = first; from === 0 || from < size; from = to, to += step) {
        pieces.push({ kind: 'piece', from, to: Math.min(size, to), start: from === 0 ? start : 'sync' })
      }
      return pieces
    },

    read(source, layout, work, projection, hooks) {
      const job = { format: text, layout, source, hooks }
      return work.kind === 'run' ? readRun(job, work, projection) : readPiece(job, work, projection)
    },

    text: (source, layout, run, hooks) => readText({ format: text, layout, source, hooks }, run),
  }
}
