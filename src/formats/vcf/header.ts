/** VCF headers (VCFv4.5, 1.4 and 1.5): what they declare, as htslib understands it. */

import { VarveError } from '../../errors.ts'

const LF = 10
const HASH = 35

/** An INFO or FORMAT line. */
export interface Declaration {
  readonly id: string
  /** As written: `1`, `A`, `R`, `G`, `.`, … */
  readonly number: string
  /** Integer, Float, Flag, Character or String. */
  readonly type: string
}

export interface Header {
  readonly info: readonly Declaration[]
  readonly format: readonly Declaration[]
  readonly contigs: readonly string[]
  readonly samples: readonly string[]
  /** Behind the #CHROM line. */
  readonly end: number
}

/** The fixed columns (1.5). */
const FIXED = ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO'] as const

/** Where the header ends: behind the #CHROM line, `'more'` when the bytes stop before. */
function headerEnd(head: Uint8Array, whole: boolean): number | 'more' {
  const buffer = Buffer.from(head.buffer, head.byteOffset, head.length)
  let at = 0
  for (;;) {
    if (at >= head.length) {
      if (!whole) return 'more'
      const what = head.length === 0 ? 'the file is empty' : 'the file ends in its header'
      throw new VarveError('invalid-data', `vcf: ${what}, expected a line #CHROM …`, { byte: at })
    }
    if (head[at] !== HASH) {
      const first = JSON.stringify(buffer.toString('latin1', at, at + 12))
      const message = `vcf: a line starts with ${first}, expected the header's #CHROM line before the records (byte ${at})`
      throw new VarveError('invalid-data', message, { byte: at })
    }
    const feed = buffer.indexOf(LF, at)
    if (feed < 0 && !whole) return 'more'
    const next = feed < 0 ? head.length : feed + 1
    if (head[at + 1] !== HASH) return next
    at = next
  }
}

/** The header at the beginning of these bytes. `invalid-data` when they do not begin with one. */
export function parseHeader(head: Uint8Array, whole: boolean): Header | 'more' {
  const end = headerEnd(head, whole)
  if (end === 'more') return 'more'
  const text = new TextDecoder('utf-8').decode(head.subarray(0, end))
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const columns = lines.pop()!.split('\t')
  const wrong = FIXED.findIndex((name, i) => columns[i] !== name)
  if (wrong >= 0) {
    const actual = columns[wrong] === undefined ? 'missing' : JSON.stringify(columns[wrong])
    const message = `vcf: column ${wrong + 1} of the #CHROM line is ${actual}, expected ${FIXED[wrong]}, with tabs between them`
    throw new VarveError('invalid-data', message, { byte: 0 })
  }
  const info: Declaration[] = []
  const format: Declaration[] = []
  const contigs: string[] = []
  for (const line of lines) {
    if (line.startsWith('##INFO=')) declared(info, line)
    else if (line.startsWith('##FORMAT=')) declared(format, line)
    else if (line.startsWith('##contig=')) {
      const id = structured(line).get('ID')
      if (id !== undefined) contigs.push(id)
    }
  }
  return { info, format, contigs, samples: columns.slice(9), end }
}

/** Of several lines with one ID the first one counts, as in htslib. */
function declared(list: Declaration[], line: string): void {
  const values = structured(line)
  const id = values.get('ID')
  if (id === undefined || id === '' || list.some((one) => one.id === id)) return
  list.push({ id, number: values.get('Number') ?? '.', type: values.get('Type') ?? 'String' })
}

const PAIR = /\s*([^=,<>]+)=(?:"((?:\\.|[^"\\])*)"?|([^,>]*))[,>]?/y

/** The pairs of `##KEY=<ID=…,Description="…">`, as far as the line is of that form. */
export function structured(line: string): Map<string, string> {
  const values = new Map<string, string>()
  const start = line.indexOf('<')
  if (start < 0) return values
  PAIR.lastIndex = start + 1
  for (let match = PAIR.exec(line); match !== null; match = PAIR.exec(line)) {
    const [, key, quoted, bare] = match
    if (!values.has(key!)) values.set(key!, quoted ?? bare ?? '')
  }
  return values
}
