/** The names of the references as a layout carries them, which travels in every slice. */

import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** As they are; or, where there are more than a person would read, joined with NUL, deflated, in base64. */
export type PackedNames = readonly string[] | string

/** A human genome with its alternative contigs has 3,366, a transcriptome 200,000. */
const READABLE = 200

export function packNames(names: readonly string[]): PackedNames {
  if (names.length <= READABLE) return names
  return deflateRawSync(names.join('\0')).toString('base64')
}

let last: { readonly packed: string; readonly names: readonly string[] } | undefined

export function unpackNames(packed: PackedNames): readonly string[] {
  if (typeof packed !== 'string') return packed
  // Each task of a scan comes with the same layout.
  if (last?.packed !== packed) {
    const names = inflateRawSync(Buffer.from(packed, 'base64')).toString('utf8').split('\0')
    last = { packed, names }
  }
  return last.names
}

/** Names by number, as bytes one behind the other. */
export class NameTable {
  readonly bytes: Uint8Array
  readonly #ends: Int32Array

  constructor(readonly names: readonly string[]) {
    const parts = names.map((name) => Buffer.from(name))
    this.bytes = Buffer.concat(parts)
    this.#ends = new Int32Array(parts.length)
    let end = 0
    for (const [i, { length }] of parts.entries()) this.#ends[i] = end += length
  }

  start(reference: number): number {
    return reference === 0 ? 0 : this.#ends[reference - 1]!
  }

  end(reference: number): number {
    return this.#ends[reference]!
  }

  of(reference: number): Uint8Array {
    return this.bytes.subarray(this.start(reference), this.end(reference))
  }
}
