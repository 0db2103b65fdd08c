/** The header of a BCF file (VCFv4.5, 6.2): VCF's text, whose lines number the names that records use. */

import { VarveError } from '../../errors.ts'
import { type Header, parseHeader, structured } from '../vcf/header.ts'

const MAGIC = Buffer.from('BCF')
/** Magic, two version bytes, l_text. */
const BEFORE_TEXT = 9
/** More is taken for damage. */
const MOST_TEXT = 256 << 20

/** Names by the numbers that records have for them. */
export type Names = ReadonlyMap<number, string>

export interface BcfHeader {
  readonly vcf: Header
  readonly contigs: Names
  /** Of filters, INFO and FORMAT keys, which share their numbers. */
  readonly strings: Names
  /** Decompressed bytes of the header. */
  readonly end: number
}

/** Whether the bytes begin a BCF file, of whatever version: 2 is written today, 4 was BCF1. */
export function isBcf(head: Uint8Array): boolean {
  return head.length >= 4 && MAGIC.equals(head.subarray(0, 3)) && (head[3] === 2 || head[3] === 4)
}

/** `'more'`: the header goes on behind these bytes, which are not the whole file. */
export function parseBcfHeader(head: Uint8Array, whole: boolean): BcfHeader | 'more' {
  const short = (what: string): 'more' => {
    if (!whole) return 'more'
    throw wrong(`the file ends in ${what}, expected the whole header`, head.length)
  }
  if (head.length < 4 && MAGIC.subarray(0, head.length).equals(head.subarray(0, 3))) return short('its magic')
  if (!isBcf(head)) {
    const start = Buffer.from(head.subarray(0, 5)).toString('hex')
    throw wrong(`the decompressed file starts with the bytes ${start}, expected 4243460202 ("BCF", 2, 2)`, 0)
  }
  if (head.length < 5) return short('its magic')
  if (head[3] !== 2 || head[4] !== 2) {
    const message = `bcf: the file is of version ${head[3]}.${head[4]}, expected 2.2, which bcftools writes`
    throw new VarveError('unsupported', message, { byte: 3 })
  }
  if (head.length < BEFORE_TEXT) return short('l_text')
  const length = Buffer.from(head.buffer, head.byteOffset).readUInt32LE(5)
  if (length > MOST_TEXT) throw wrong(`l_text is ${length}, expected 0 to ${MOST_TEXT}`, 5)
  const end = BEFORE_TEXT + length
  if (head.length < end) return short('the header text')
  const padded = head.subarray(BEFORE_TEXT, end)
  const nul = padded.indexOf(0)
  const text = nul < 0 ? padded : padded.subarray(0, nul)
  const vcf = parseHeader(text, true)
  // Of a whole text there is no more.
  if (vcf === 'more') throw wrong('the header text does not end', BEFORE_TEXT)
  return { vcf, ...dictionaries(Buffer.from(text).toString('utf8')), end }
}

/** The numbers of names, as htslib gives them: what IDX says, else one more than the largest so far (6.2.1). */
function dictionaries(text: string): Pick<BcfHeader, 'contigs' | 'strings'> {
  const contigs = new Dictionary()
  const strings = new Dictionary()
  strings.add('PASS', undefined)
  for (const line of text.split('\n')) {
    const kind = /^##(contig|FILTER|INFO|FORMAT)=</.exec(line)?.[1]
    if (kind === undefined) continue
    const values = structured(line)
    const id = values.get('ID')
    if (id === undefined || id === '') continue
    const into = kind === 'contig' ? contigs : strings
    into.add(id, values.get('IDX'))
  }
  return { contigs: contigs.names, strings: strings.names }
}

class Dictionary {
  readonly names = new Map<number, string>()
  readonly #known = new Set<string>()
  #next = 0

  /** The first line of a name counts. */
  add(name: string, idx: string | undefined): void {
    if (this.#known.has(name)) return
    this.#known.add(name)
    const number = idx === undefined ? this.#next : /^\d{1,9}$/.test(idx) ? Number(idx) : -1
    if (number < 0)
      throw wrong(`${JSON.stringify(name)} has IDX=${idx}, expected a number of at most nine digits`, 0)
    this.names.set(number, name)
    this.#next = Math.max(this.#next, number + 1)
  }
}

function wrong(what: string, byte: number): VarveError {
  return new VarveError('invalid-data', `bcf: ${what} (decompressed byte ${byte})`, { byte })
}
