/** Columns by their keys, found by the keys' bytes without making a text of each. */

import type { ValueColumn } from './columns.ts'

export interface KeyedColumn {
  readonly key: Uint8Array
  /** Undefined: the key is known to be of no interest. */
  readonly column: ValueColumn | undefined
  /** The last record that had it: of a key that comes twice the first value counts. */
  seen: number
}

/** More keys than these are not remembered. */
const MOST = 4096

export class KeyTable {
  readonly #byText = new Map<string, KeyedColumn>()
  /** What stood at the n-th place of the record before: records are alike. */
  readonly #expected: KeyedColumn[] = []

  constructor(columns: Iterable<readonly [id: string, column: ValueColumn]>) {
    for (const [id, column] of columns) {
      const key = Buffer.from(id)
      this.#byText.set(key.toString('latin1'), { key, column, seen: -1 })
    }
  }

  /** What bytes[start, end), the n-th key of a record, stands for. */
  find(n: number, bytes: Uint8Array, start: number, end: number): KeyedColumn {
    const expected = this.#expected[n]
    if (expected !== undefined && same(expected.key, bytes, start, end)) return expected
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
    let found = this.#byText.get(text)
    if (found === undefined) {
      found = { key: bytes.slice(start, end), column: undefined, seen: -1 }
      if (this.#byText.size < MOST) this.#byText.set(text, found)
    }
    this.#expected[n] = found
    return found
  }

  /** Records are counted anew. */
  forget(): void {
    for (const keyed of this.#byText.values()) keyed.seen = -1
    for (const keyed of this.#expected) keyed.seen = -1
  }
}

export function same(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = key
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (key[i] !== bytes[start + i]) return false
  return true
}
