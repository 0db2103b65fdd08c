/** The source bytes that were fed and not yet decoded, with their place in the file. */

import { VarveError } from '../../errors.ts'

const NOTHING = new Uint8Array(0)

export class FedBytes {
  bytes: Uint8Array = NOTHING
  /** The next byte, in `bytes`. */
  at = 0
  /** Whether the file ends with these bytes. */
  final = false
  /** Offset in the file of `bytes[0]`. */
  #base: number

  constructor(offset: number) {
    this.#base = offset
  }

  get end(): number {
    return this.bytes.length
  }

  get available(): number {
    return this.bytes.length - this.at
  }

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.#base + this.at
  }

  feed(input: Uint8Array, final: boolean): void {
    if (this.final) throw new VarveError('internal', 'a decoder was fed after the end of its file')
    const rest = this.bytes.subarray(this.at)
    this.#base += this.at
    this.at = 0
    this.bytes = rest.length === 0 ? input : concat(rest, input)
    this.final = final
  }

  /** Puts back bytes that were taken last. */
  unread(bytes: Uint8Array): void {
    if (bytes.length <= this.at) {
      this.at -= bytes.length
      return
    }
    const offset = this.offset - bytes.length
    this.bytes = concat(bytes, this.bytes.subarray(this.at))
    this.at = 0
    this.#base = offset
  }

  /** Lets go of the fed array, so that its owner may write to it again; what is left of it is copied. */
  release(): void {
    this.#base += this.at
    // Not slice(): that of a Buffer copies nothing.
    this.bytes = this.available === 0 ? NOTHING : new Uint8Array(this.bytes.subarray(this.at))
    this.at = 0
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
