/** The header of a BAM file: SAMv1.pdf, 4.2. */

import { isUtf8 } from 'node:buffer'
import { VarveError } from '../../errors.ts'
import { int32 } from './bytes.ts'

const MAGIC = Buffer.from('BAM\x01')
/** Of samtools; and what a header may have before it is taken for damage. */
const MOST_TEXT = 256 << 20
/** l_name, the name's NUL, a letter before it, and l_ref. */
const LEAST_REFERENCE = 10

export interface BamHeader {
  readonly references: readonly string[]
  /** Decompressed bytes of the header. */
  readonly end: number
}

export function isBam(head: Uint8Array): boolean {
  return head.length >= 4 && MAGIC.equals(head.subarray(0, 4))
}

/** `'more'`: the header goes on behind these bytes, which are not the whole file. */
export function parseHeader(head: Uint8Array, whole: boolean): BamHeader | 'more' {
  const short = (what: string): 'more' => {
    if (!whole) return 'more'
    throw wrong(`the file ends in ${what}, expected the whole header`, head.length)
  }
  if (head.length < 4 && MAGIC.subarray(0, head.length).equals(head)) return short('its magic')
  if (!isBam(head)) {
    const start = Buffer.from(head.subarray(0, 4)).toString('hex')
    throw wrong(`the decompressed file starts with the bytes ${start}, expected 42414d01 ("BAM", 1)`, 0)
  }
  if (head.length < 8) return short('l_text')
  const length = int32(head, 4)
  if (length < 0 || length > MOST_TEXT) throw wrong(`l_text is ${length}, expected 0 to ${MOST_TEXT}`, 4)
  let at = 8 + length
  if (head.length < at + 4) return short('the header text')
  const count = int32(head, at)
  if (count < 0 || count * LEAST_REFERENCE > MOST_TEXT) {
    throw wrong(`n_ref is ${count}, expected 0 to ${Math.floor(MOST_TEXT / LEAST_REFERENCE)}`, at)
  }
  at += 4
  // Checked before anything is made of it: so many need so many bytes.
  if (head.length < at + count * (LEAST_REFERENCE - 1)) return short(`the ${count} references`)
  const references: string[] = []
  for (let i = 0; i < count; i++) {
    if (head.length < at + 4) return short(`reference ${i}`)
    const nameLength = int32(head, at)
    if (nameLength < 1 || nameLength > MOST_TEXT)
      throw wrong(`l_name of reference ${i} is ${nameLength}, expected 1 to ${MOST_TEXT}`, at)
    const end = at + 4 + nameLength
    if (head.length < end + 4) return short(`reference ${i}`)
    const name = head.subarray(at + 4, end - 1)
    if (head[end - 1] !== 0 || name.includes(0) || !isUtf8(name)) {
      const text = JSON.stringify(
        Buffer.from(head.subarray(at + 4, Math.min(end, at + 44))).toString('latin1'),
      )
      throw wrong(`the name of reference ${i} is ${text}, expected UTF-8 text and one NUL behind it`, at + 4)
    }
    references.push(Buffer.from(name).toString('utf8'))
    at = end + 4
  }
  return { references, end: at }
}

function wrong(what: string, byte: number): VarveError {
  return new VarveError('invalid-data', `bam: ${what} (decompressed byte ${byte})`, { byte })
}
