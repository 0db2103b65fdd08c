/** BAM bytes from records as objects: SAMv1.pdf, 4.2, written down once more, by someone who knows nothing of the reader. */

export interface Read {
  readonly qname: string
  readonly flag: number
  readonly reference: number
  /** 0-based, -1: none. */
  readonly pos: number
  readonly mapq: number
  readonly cigar: readonly (readonly [number, string])[]
  readonly nextReference: number
  readonly nextPos: number
  readonly tlen: number
  readonly seq: string
  /** One for each base; undefined: none. */
  readonly quals: readonly number[] | undefined
  readonly tags: readonly EncodedTag[]
}

export interface EncodedTag {
  readonly tag: string
  /** As in BAM: c C s S i I f A Z H, or B and the type of its items. */
  readonly type: string
  readonly value: string | number | readonly number[]
}

const WIDTHS: Readonly<Record<string, number>> = { c: 1, C: 1, s: 2, S: 2, i: 4, I: 4, f: 4 }

function encodeNumber(type: string, value: number): Buffer {
  const bytes = Buffer.alloc(WIDTHS[type]!)
  if (type === 'f') bytes.writeFloatLE(value)
  else if (type === type.toLowerCase()) bytes.writeIntLE(value, 0, bytes.length)
  else bytes.writeUIntLE(value, 0, bytes.length)
  return bytes
}

function encodeTag({ tag, type, value }: EncodedTag): Buffer {
  if (Array.isArray(value)) {
    const item = type[1]!
    const head = Buffer.from(`${tag}B${item}\0\0\0\0`, 'latin1')
    head.writeInt32LE(value.length, 4)
    return Buffer.concat([head, ...value.map((one: number) => encodeNumber(item, one))])
  }
  const head = Buffer.from(tag + type)
  if (typeof value === 'number') return Buffer.concat([head, encodeNumber(type, value)])
  return Buffer.concat([head, Buffer.from(type === 'A' ? String(value) : `${value}\0`)])
}

export function encodeRead(read: Read): Buffer {
  const name = Buffer.from(`${read.qname}\0`)
  const cigar = Buffer.alloc(4 * read.cigar.length)
  for (const [i, [length, operation]] of read.cigar.entries())
    cigar.writeUInt32LE(((length << 4) | 'MIDNSHP=X'.indexOf(operation)) >>> 0, 4 * i)
  const seq = Buffer.alloc((read.seq.length + 1) >> 1)
  for (const [i, base] of [...read.seq].entries())
    seq[i >> 1]! |= '=ACMGRSVTWYHKDBN'.indexOf(base) << (i % 2 === 0 ? 4 : 0)
  const quals = Buffer.from(read.quals ?? Array.from(read.seq, () => 255))
  const fixed = Buffer.alloc(36)
  const parts = [fixed, name, cigar, seq, quals, ...read.tags.map(encodeTag)]
  fixed.writeInt32LE(
    parts.reduce((sum, part) => sum + part.length, -4),
    0,
  )
  fixed.writeInt32LE(read.reference, 4)
  fixed.writeInt32LE(read.pos, 8)
  fixed[12] = name.length
  fixed[13] = read.mapq
  fixed.writeUInt16LE(4680, 14)
  fixed.writeUInt16LE(read.cigar.length, 16)
  fixed.writeUInt16LE(read.flag, 18)
  fixed.writeInt32LE(read.seq.length, 20)
  fixed.writeInt32LE(read.nextReference, 24)
  fixed.writeInt32LE(read.nextPos, 28)
  fixed.writeInt32LE(read.tlen, 32)
  return Buffer.concat(parts)
}

export function encodeHeader(references: readonly string[], text = ''): Buffer {
  const int = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    return bytes
  }
  const own = text !== '' ? text : references.map((name) => `@SQ\tSN:${name}\tLN:1000000\n`).join('')
  return Buffer.concat([
    Buffer.from('BAM\x01'),
    int(Buffer.byteLength(own)),
    Buffer.from(own),
    int(references.length),
    ...references.flatMap((name) => [
      int(Buffer.byteLength(name) + 1),
      Buffer.from(`${name}\0`),
      int(1_000_000),
    ]),
  ])
}

export function encodeBam(references: readonly string[], reads: readonly Read[]): Buffer {
  return Buffer.concat([encodeHeader(references), ...reads.map(encodeRead)])
}

/** A read with a CIGAR too long for its field, as the specification moves it into CG (4.2.2). */
export function withMovedCigar(read: Read): Read {
  const length = read.cigar
    .filter(([, operation]) => 'MDN=X'.includes(operation))
    .reduce((sum, [count]) => sum + count, 0)
  const codes = read.cigar.map(([count, operation]) => ((count << 4) | 'MIDNSHP=X'.indexOf(operation)) >>> 0)
  return {
    ...read,
    cigar: [
      [read.seq.length, 'S'],
      [length, 'N'],
    ],
    tags: [...read.tags, { tag: 'CG', type: 'BI', value: codes }],
  }
}
