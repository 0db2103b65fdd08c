import { crc32 } from 'node:zlib'
import { VarveError } from '../../errors.ts'
import type { Run } from '../types.ts'
import type { RawWindow } from './window.ts'

/** Compares the decompressed bytes with the CRCs that the index keeps, segment by segment. */
export class Checker {
  readonly #checks: { rawEnd: number; crc: number }[]
  #crc = 0

  constructor(
    readonly uri: string,
    checks: Run['checks'],
  ) {
    this.#checks = [...checks]
  }

  /** The records passed, [from, to) in the window. */
  pass(window: RawWindow, from: number, to: number): void {
    let at = from
    while (this.#checks.length > 0 && at < to) {
      const { rawEnd, crc } = this.#checks[0]!
      const stop = Math.min(to, rawEnd - window.base)
      this.#crc = crc32(window.bytes.subarray(at, stop), this.#crc)
      at = stop
      if (window.base + stop < rawEnd) return
      if (this.#crc >>> 0 !== crc) {
        const message = `CRC-32 of the decompressed bytes up to ${rawEnd} is ${hex(this.#crc)}, expected ${hex(crc)}, as when the index was built`
        throw new VarveError('invalid-data', `${message} (${this.uri})`, { uri: this.uri, byte: rawEnd })
      }
      this.#checks.shift()
      this.#crc = 0
    }
  }
}

const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0')
