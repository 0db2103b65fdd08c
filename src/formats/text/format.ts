/** A whole `Format` from the little that a text format says for itself. */

import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import { decompressHead, HEAD_BYTES } from '../head.ts'
import type { FileAtHand, Format, Piece } from '../types.ts'
import { readPiece } from './piece.ts'
import { readRun, readText } from './run.ts'
import type { Options, TextFormat, TextLayout } from './types.ts'

/**
 * The first piece, and the others: some 8 MiB decompressed, enough to be worth a request, little enough for several
 * threads to hold. Who wants the first rows only shall find the first piece in the file's head. A plain piece comes
 * with the byte before it, which tells whether a record may begin: both are one request.
 */
const PLAIN_PIECES = [1 << 20, (8 << 20) - 1] as const
const BGZF_PIECES = [896 * 1024, 2 << 20] as const

/** A header beyond this is taken for a file of another kind. */
const MOST_HEAD = 256 << 20

const EMPTY = new Uint8Array(0)

export function textFormat(text: TextFormat): Format {
  const empty = text.fileColumns === true ? undefined : text.layout(EMPTY, true, {})
  return {
    name: text.name,
    title: text.title,
    extensions: text.extensions,
    readAs: text.readAs,
    optionNames: [...text.optionNames, ...(text.viewOptions ?? [])],
    viewOptions: text.viewOptions,
    seeks: text.seeks,
    findsAll: text.findsAll,
    fixed: empty === 'more' ? undefined : empty,
    strategies: text.strategies ?? {},
    detect: (path, head) => text.detect(path, head.raw),

    layout(file, options) {
      const { head } = file
      const complete = (layout: TextLayout) => ({ ...layout, format: text.name, container: head.container })
      const layout = text.layout(head.raw, head.whole, options)
      return layout === 'more' ? layoutOfMore(text, file, options).then(complete) : complete(layout)
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

    ...(text.narrow && { narrow: text.narrow }),
    ...(text.write && { write: text.write }),

    ...(text.view && { view: (layout, options) => ({ ...layout, ...text.view!(layout, options) }) }),

    read(source, layout, work, projection, hooks) {
      const job = { format: text, layout, source, hooks }
      return work.kind === 'run' ? readRun(job, work, projection) : readPiece(job, work, projection)
    },

    ...(text.binary !== true && {
      text: (source, layout, run, hooks) => readText({ format: text, layout, source, hooks }, run),
    }),
  }
}

/** The layout of a file whose header is longer than what is looked at of every file. */
async function layoutOfMore(text: TextFormat, file: FileAtHand, options: Options): Promise<TextLayout> {
  const { source, head, signal } = file
  for (let size = 4 * HEAD_BYTES; size <= MOST_HEAD; size *= 4) {
    const { raw, whole } = await longerHead(source, size, head.container, signal)
    const layout = text.layout(raw, whole, options)
    if (layout !== 'more') return layout
    // A file that was cut is not whole, yet there is no more of it.
    if (whole || size >= source.size) break
  }
  const limit = source.size < MOST_HEAD ? `${source.size} bytes` : `${MOST_HEAD >> 20} MiB`
  const message = `${text.name}: the header does not end within the first ${limit}`
  throw new VarveError('invalid-data', message)
}

async function longerHead(
  source: ByteSource,
  size: number,
  container: FileAtHand['head']['container'],
  signal: AbortSignal | undefined,
) {
  const bytes = await source.read(0, Math.min(source.size, size), { signal })
  const complete = bytes.length === source.size
  if (container === 'plain') return { raw: bytes, whole: complete }
  return decompressHead(container, bytes, complete, 4 * size)
}
