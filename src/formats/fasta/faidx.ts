/**
 * The indexes that samtools and bgzip leave beside a FASTA file: `.fai` (faidx(5)) says where the sequences stand in
 * the decompressed file, `.gzi` (bgzip(1), "GZI format") where its blocks do.
 */

/** A sequence by its line in the `.fai`. */
export interface FaidxEntry {
  readonly id: string
  readonly length: number
  /** Decompressed offset of its first residue. */
  readonly offset: number
  /** Decompressed offset behind its last line's end. */
  readonly end: number
}

/** A block of bgzf: where it stands in the file, and in what it is decompressed. */
export interface Block {
  readonly source: number
  readonly raw: number
}

const NUMBER = /^\d{1,15}$/

/** The entries in file order; undefined when this is no index that can be relied on. */
export function parseFai(bytes: Uint8Array): FaidxEntry[] | undefined {
  const entries: FaidxEntry[] = []
  for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
    if (line === '') continue
    const [id, ...fields] = line.split('\t')
    if (id === undefined || fields.length < 4 || !fields.slice(0, 4).every((field) => NUMBER.test(field)))
      return undefined
    const [length, offset, bases, width] = fields.map(Number) as [number, number, number, number]
    if (width < bases || (bases === 0 && length > 0)) return undefined
    const rest = bases === 0 ? 0 : length % bases
    const lines = bases === 0 ? 0 : (length - rest) / bases
    entries.push({
      id,
      length,
      offset,
      end: offset + lines * width + (rest === 0 ? 0 : rest + width - bases),
    })
  }
  const inOrder = entries.every(({ offset }, i) => i === 0 || offset > entries[i - 1]!.end)
  return entries.length > 0 && inOrder ? entries : undefined
}

/** The blocks but the last, empty one; undefined when this is no such index, or of another file. */
export function parseGzi(bytes: Uint8Array, size: number): Block[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8 || view.getBigUint64(0, true) !== BigInt((bytes.length - 8) / 16)) return undefined
  const blocks: Block[] = [{ source: 0, raw: 0 }]
  for (let at = 8; at < bytes.length; at += 16) {
    const source = Number(view.getBigUint64(at, true))
    const raw = Number(view.getBigUint64(at + 8, true))
    const before = blocks.at(-1)!
    if (source <= before.source || raw < before.raw || source >= size) return undefined
    blocks.push({ source, raw })
  }
  return blocks
}

/** The place in `blocks` of the one that holds a decompressed offset, or that begins there. */
export function blockAt(blocks: readonly Block[], raw: number): number {
  let low = 0
  let high = blocks.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (blocks[middle]!.raw <= raw) low = middle
    else high = middle - 1
  }
  return low
}
