/** Text under construction, before it goes to its column. */

const ZERO = 48
const MINUS = 45

export class Scratch {
  bytes = new Uint8Array(4096)
  length = 0
  #words = new Uint16Array(this.bytes.buffer)

  /** Begins anew, with room for so many bytes. */
  begin(room: number): void {
    this.length = 0
    this.reserve(room)
  }

  reserve(room: number): void {
    if (this.length + room <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, (this.length + room + 1) & ~1))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
    this.#words = new Uint16Array(larger.buffer)
  }

  /** The bytes, two at a time. */
  get words(): Uint16Array {
    return this.#words
  }

  byte(value: number): void {
    this.bytes[this.length++] = value
  }

  /** A whole number in decimal; needs room for 11 bytes. */
  integer(value: number): void {
    const { bytes } = this
    let at = this.length
    let rest = value
    if (rest < 0) {
      bytes[at++] = MINUS
      rest = -rest
    }
    const first = at
    do {
      const next = Math.floor(rest / 10)
      bytes[at++] = ZERO + (rest - next * 10)
      rest = next
    } while (rest > 0)
    this.length = at
    for (let low = first, high = at - 1; low < high; low++, high--) {
      const swap = bytes[low]!
      bytes[low] = bytes[high]!
      bytes[high] = swap
    }
  }

  /** ASCII text, with room for it. */
  text(value: string): void {
    this.reserve(value.length)
    for (let i = 0; i < value.length; i++) this.bytes[this.length++] = value.charCodeAt(i)
  }
}

/** As `toExponential(5)`, which rounds exact halves away from zero, but to the even digit. */
function halfToEven(value: number): string {
  const rounded = value.toExponential(5)
  const more = value.toExponential(6)
  const end = more.indexOf('e')
  if (more[end - 1] !== '5' || Number(more) !== value) return rounded
  const isEven = (more.charCodeAt(end - 2) & 1) === 0
  return isEven ? more.slice(0, end - 1) + more.slice(end) : rounded
}

/** What htslib prints itself in arrays, with halves away from zero; all else it leaves to C's `%g`. */
const PRINTED_BY_HTSLIB = { least: 0.0001, most: 999_999 }

/** A number with six significant digits, as C prints it with `%g`, or htslib in an array. */
export function sixDigits(value: number, inArray = false): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const { least, most } = PRINTED_BY_HTSLIB
  const size = Math.abs(value)
  const rounded = inArray && size >= least && size <= most ? value.toExponential(5) : halfToEven(value)
  const [digits = '', power = '0'] = rounded.split('e')
  const exponent = Number(power)
  const shorten = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
  if (exponent >= -4 && exponent < 6) return shorten(Number(rounded).toFixed(5 - exponent))
  const places = String(Math.abs(exponent)).padStart(2, '0')
  return `${shorten(digits)}e${exponent < 0 ? '-' : '+'}${places}`
}
