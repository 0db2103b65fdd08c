/** BCF bytes from records as objects: VCFv4.5, 6, written down once more, by someone who knows nothing of the reader. */

/** `undefined` ends the vector before its time, null is missing. */
export type Item = number | null | undefined

export type Value =
  | { readonly type: 'int8' | 'int16' | 'int32' | 'float'; readonly items: readonly Item[] }
  | { readonly type: 'char'; readonly text: string }
  | { readonly type: 'none' }

export interface Variant {
  /** A contig's number. */
  readonly chrom: number
  /** 0-based. */
  readonly pos: number
  readonly rlen: number
  readonly qual: number | null
  readonly id: string
  readonly alleles: readonly string[]
  /** Numbers of names. */
  readonly filters: readonly number[]
  readonly info: readonly (readonly [key: number, value: Value])[]
  /** A value of the same type for each sample. */
  readonly format: readonly (readonly [key: number, values: readonly Value[]])[]
  readonly samples: number
}

const TYPES = { none: 0, int8: 1, int16: 2, int32: 3, float: 5, char: 7 } as const
const WIDTHS = { int8: 1, int16: 2, int32: 4, float: 4 } as const
const LEAST = { int8: -128, int16: -32768, int32: -2147483648 } as const

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function descriptor(type: keyof typeof TYPES, count: number): Buffer {
  if (count < 15) return Buffer.from([(count << 4) | TYPES[type]])
  return Buffer.concat([Buffer.from([0xf0 | TYPES[type], 0x13]), int32(count)])
}

function encodeItem(type: 'int8' | 'int16' | 'int32' | 'float', item: Item): Buffer {
  const bytes = Buffer.alloc(WIDTHS[type])
  if (type === 'float') {
    if (typeof item === 'number') bytes.writeFloatLE(item)
    else bytes.writeUInt32LE(item === null ? 0x7f80_0001 : 0x7f80_0002)
    return bytes
  }
  bytes.writeIntLE(item ?? LEAST[type] + (item === null ? 0 : 1), 0, bytes.length)
  return bytes
}

/** The values without their descriptor, filled up to `count`. */
function content(value: Value, count: number): Buffer {
  if (value.type === 'none') return Buffer.alloc(0)
  if (value.type === 'char') {
    const text = Buffer.from(value.text)
    return Buffer.concat([text, Buffer.alloc(count - text.length)])
  }
  const { type, items } = value
  return Buffer.concat(Array.from({ length: count }, (_, i) => encodeItem(type, items[i])))
}

const countOf = (value: Value): number =>
  value.type === 'none' ? 0 : value.type === 'char' ? Buffer.byteLength(value.text) : value.items.length

const encodeValue = (value: Value): Buffer =>
  Buffer.concat([descriptor(value.type, countOf(value)), content(value, countOf(value))])
const encodeText = (text: string): Buffer => encodeValue({ type: 'char', text })
const encodeKey = (key: number): Buffer => encodeValue({ type: 'int8', items: [key] })

export function encodeVariant(one: Variant): Buffer {
  const fixed = Buffer.alloc(32)
  const shared = [
    encodeText(one.id),
    ...one.alleles.map(encodeText),
    encodeValue(one.filters.length === 0 ? { type: 'none' } : { type: 'int16', items: one.filters }),
    ...one.info.flatMap(([key, value]) => [encodeKey(key), encodeValue(value)]),
  ]
  const individual = one.format.flatMap(([key, values]) => {
    const count = Math.max(...values.map(countOf))
    return [
      encodeKey(key),
      descriptor(values[0]!.type, count),
      ...values.map((value) => content(value, count)),
    ]
  })
  const size = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0)
  fixed.writeUInt32LE(24 + size(shared), 0)
  fixed.writeUInt32LE(size(individual), 4)
  fixed.writeInt32LE(one.chrom, 8)
  fixed.writeInt32LE(one.pos, 12)
  fixed.writeInt32LE(one.rlen, 16)
  encodeItem('float', one.qual).copy(fixed, 20)
  fixed.writeUInt16LE(one.info.length, 24)
  fixed.writeUInt16LE(one.alleles.length, 26)
  fixed.writeUIntLE(one.samples, 28, 3)
  fixed[31] = one.format.length
  return Buffer.concat([fixed, ...shared, ...individual])
}

export function encodeHeader(text: string): Buffer {
  const nul = Buffer.from(`${text}\0`)
  return Buffer.concat([Buffer.from('BCF\x02\x02'), int32(nul.length), nul])
}

export function encodeBcf(header: string, variants: readonly Variant[]): Buffer {
  return Buffer.concat([encodeHeader(header), ...variants.map(encodeVariant)])
}

function textOf(value: Value): string {
  if (value.type === 'none') return ''
  if (value.type === 'char') return value.text
  // The shortest text of a number of 32 bits.
  const shown = (one: number): string =>
    value.type === 'float' ? String(Number(Math.fround(one).toPrecision(7))) : String(one)
  const items = value.items.filter((item) => item !== undefined)
  return items.map((item) => (item === null ? '.' : shown(item))).join(',')
}

function genotypeOf(value: Value): string {
  if (value.type === 'none' || value.type === 'char') return textOf(value)
  return value.items
    .map((item, i) => `${i === 0 ? '' : item! & 1 ? '|' : '/'}${item! >> 1 === 0 ? '.' : (item! >> 1) - 1}`)
    .join('')
}

/** The VCF that says the same: names by number, from the lines of the header. */
export function vcfText(header: string, variants: readonly Variant[]): string {
  const names = new Map<string, string>()
  for (const [, kind, id, idx] of header.matchAll(/^##(\w+)=<ID=([^,>]+).*IDX=(\d+)>$/gm))
    names.set(`${kind === 'contig' ? kind : 'string'}${idx}`, id!)
  const keyOf = (key: number): string => names.get(`string${key}`)!
  const lines = variants.map((one) => {
    const info = one.info.map(([key, value]) =>
      value.type === 'none' ? keyOf(key) : `${keyOf(key)}=${textOf(value)}`,
    )
    const samples = Array.from({ length: one.samples }, (_, i) =>
      one.format
        .map(([key, values]) => (keyOf(key) === 'GT' ? genotypeOf(values[i]!) : textOf(values[i]!)))
        .join(':'),
    )
    const format = one.format.map(([key]) => keyOf(key)).join(':')
    return [
      names.get(`contig${one.chrom}`)!,
      one.pos + 1,
      one.id,
      one.alleles[0],
      one.alleles.slice(1).join(',') || '.',
      one.qual === null ? '.' : textOf({ type: 'float', items: [one.qual] }),
      one.filters.map(keyOf).join(';') || '.',
      info.join(';') || '.',
      ...(one.samples > 0 ? [format, ...samples].map((cell) => cell || '.') : []),
    ].join('\t')
  })
  return `${header}${lines.map((line) => `${line}\n`).join('')}`
}
