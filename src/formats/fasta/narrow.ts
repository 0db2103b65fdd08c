/**
 * The sequences of some ids, by the `.fai` beside the file. It is somebody else's: before it is used, everything that
 * it leaves out is looked at, so that one made for another file, or without the second of two sequences of the same
 * name (samtools leaves that out), cannot hide a row.
 */

import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError } from '../../errors.ts'
import { resumeDecoder } from '../gzip/index.ts'
import type { Condition, FileAtHand, Layout, Piece } from '../types.ts'
import { type Block, blockAt, type FaidxEntry, parseFai, parseGzi } from './faidx.ts'

/** Larger indexes are not read for some sequences. */
const LARGEST_INDEX = 64 << 20
/** Most come whole with the request that finds them. */
const INDEX_HEAD = 1 << 20
/** What stands between sequences is read in so many requests at most, for a title each of this length. */
const MOST_READS = 128
const LONGEST_GAP = 64 * 1024
/** Gaps that are nearer than this are read together. */
const NEAR = 16 * 1024
const MOST_BYTES = 8 << 20

/** Reads [from, to) of the decompressed file. */
type ReadRaw = (from: number, to: number) => Promise<Uint8Array>

/** As `Format.narrow`. */
export async function narrowByFaidx(
  file: FileAtHand,
  layout: Layout,
  conditions: readonly Condition[],
): Promise<readonly Piece[] | undefined> {
  try {
    return await piecesOfIds(file, layout, conditions)
  } catch (error) {
    // Blocks that are not where the `.gzi` has them; what is wrong with the file itself the scan will say.
    if (isVarveError(error, 'invalid-data')) return undefined
    throw error
  }
}

async function piecesOfIds(
  file: FileAtHand,
  layout: Layout,
  conditions: readonly Condition[],
): Promise<readonly Piece[] | undefined> {
  const wanted = wantedIds(conditions)
  if (wanted === undefined || layout.container === 'gzip') return undefined
  const fai = await indexBeside(file, 'fai')
  const entries = fai && parseFai(fai)
  if (entries === undefined) return undefined
  const gzi = layout.container === 'bgzf' ? await indexBeside(file, 'gzi') : undefined
  const blocks = gzi && parseGzi(gzi, file.source.size)
  if (layout.container === 'bgzf' && blocks === undefined) return undefined
  const read = blocks === undefined ? plainReader(file) : bgzfReader(file, blocks)
  const end = blocks === undefined ? file.source.size : blocks.at(-1)!.raw
  const starts = await titleStarts(entries, layout.dataStart, end, blocks !== undefined, read)
  if (starts === undefined) return undefined
  const pieces: Piece[] = []
  entries.forEach(({ id }, i) => {
    if (!wanted(id)) return
    const from = starts[i]!
    const to = starts[i + 1]
    pieces.push(blocks === undefined ? plainPiece(from, to ?? end) : bgzfPiece(blocks, from, to, file.source))
  })
  return joined(pieces)
}

/** Whether a sequence may be asked for; undefined when the conditions say nothing about ids. */
function wantedIds(conditions: readonly Condition[]): ((id: string) => boolean) | undefined {
  const known = conditions.filter(
    ({ column, op, values }) =>
      column === 'id' &&
      ['=', 'in', 'starts with'].includes(op) &&
      values.every((v) => typeof v === 'string'),
  )
  if (known.length === 0) return undefined
  const tests = known.map(({ op, values }) => {
    const set = new Set(values)
    return op === 'starts with'
      ? (id: string) => values.some((value) => id.startsWith(value as string))
      : (id: string) => set.has(id)
  })
  return (id) => tests.every((test) => test(id))
}

async function indexBeside(file: FileAtHand, ending: string): Promise<Uint8Array | undefined> {
  const source = await file.beside((own) => `${own}.${ending}`, INDEX_HEAD)
  if (source === undefined) return undefined
  try {
    if (source.size > LARGEST_INDEX) return undefined
    return await source.read(0, source.size, { signal: file.signal })
  } finally {
    await source.close?.()
  }
}

const plainReader =
  ({ source, signal }: FileAtHand): ReadRaw =>
  (from, to) =>
    source.read(from, to, { signal })

const bgzfReader =
  ({ source, signal }: FileAtHand, blocks: readonly Block[]): ReadRaw =>
  async (from, to) => {
    const first = blocks[blockAt(blocks, from)]!
    const behind = blocks[blockAt(blocks, to) + 1]?.source ?? source.size
    const bytes = await source.read(first.source, behind, { signal })
    const decoder = resumeDecoder('bgzf', { ...first, bits: 0, window: new Uint8Array(0) })
    const out = new Uint8Array(to - first.raw)
    let filled = 0
    decoder.feed(bytes, behind === source.size)
    for (let wrote = -1; wrote !== 0; filled += wrote) wrote = decoder.read(out, filled, out.length)
    decoder.close()
    return out.subarray(from - first.raw, filled)
  }

/**
 * Where each sequence's title begins, if what stands between the sequences is one title each, and nothing behind the
 * last one; undefined otherwise, or when that is too much to be looked at.
 */
async function titleStarts(
  entries: readonly FaidxEntry[],
  dataStart: number,
  end: number,
  endUnknown: boolean,
  read: ReadRaw,
): Promise<number[] | undefined> {
  const gaps = entries.map(({ offset }, i) => ({
    from: i === 0 ? dataStart : entries[i - 1]!.end,
    to: offset,
  }))
  const last = Math.min(entries.at(-1)!.end, endUnknown ? Number.POSITIVE_INFINITY : end)
  // Of bgzf only the beginning of the last block is known: what is behind the last sequence shows when it is read.
  if (endUnknown) gaps.push({ from: last, to: last + LONGEST_GAP })
  else if (last < end) gaps.push({ from: last, to: end })
  if (gaps.some(({ from, to }) => to - from > LONGEST_GAP || (!endUnknown && to > end))) return undefined
  const texts = await readGaps(gaps, endUnknown ? Number.POSITIVE_INFINITY : end, read)
  if (texts === undefined) return undefined
  const starts: number[] = []
  for (const [i, { from }] of gaps.entries()) {
    const text = texts[i]!.toString('latin1')
    const title = /^\s*/.exec(text)![0].length
    if (i === entries.length) {
      if (title < text.length || title === LONGEST_GAP) return undefined
      continue
    }
    const id = Buffer.from(entries[i]!.id).toString('latin1')
    const words = /^>[ \t]*/.exec(text.slice(title))?.[0]
    const rest = text.slice(title + (words?.length ?? 0))
    const isTitle =
      words !== undefined && rest.startsWith(id) && /^(?:\r?|[ \t].*)\n$/.test(rest.slice(id.length))
    if (!isTitle || (title > 0 && text[title - 1] !== '\n')) return undefined
    starts.push(from + title)
  }
  return starts
}

async function readGaps(
  gaps: readonly { readonly from: number; readonly to: number }[],
  end: number,
  read: ReadRaw,
): Promise<Buffer[] | undefined> {
  const reads: { from: number; to: number }[] = []
  for (const { from, to } of gaps) {
    const before = reads.at(-1)
    if (before !== undefined && from - before.to <= NEAR) before.to = to
    else reads.push({ from, to })
  }
  const bytes = reads.reduce((sum, { from, to }) => sum + to - from, 0)
  if (reads.length > MOST_READS || bytes > MOST_BYTES) return undefined
  const parts = await Promise.all(reads.map(({ from, to }) => read(from, Math.min(to, end))))
  return gaps.map(({ from, to }) => {
    const i = reads.findIndex((one) => one.from <= from && to <= one.to)
    const start = from - reads[i]!.from
    return Buffer.from(parts[i]!.subarray(start, start + to - from))
  })
}

const plainPiece = (from: number, to: number): Piece => ({ kind: 'piece', from, to, start: 0 })

function bgzfPiece(
  blocks: readonly Block[],
  from: number,
  to: number | undefined,
  source: ByteSource,
): Piece {
  const first = blocks[blockAt(blocks, from)]!
  const start = from - first.raw
  if (to === undefined) return { kind: 'piece', from: first.source, to: source.size, start, beyond: 0 }
  const last = blocks[blockAt(blocks, to)]!
  return { kind: 'piece', from: first.source, to: last.source, start, beyond: to - last.raw }
}

/** Pieces that follow one another as one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = []
  for (const piece of pieces) {
    const before = all.at(-1)
    const follows = before !== undefined && before.to === piece.from && (before.beyond ?? 0) === piece.start
    if (follows) all[all.length - 1] = { ...before, to: piece.to, beyond: piece.beyond }
    else all.push(piece)
  }
  return all
}
