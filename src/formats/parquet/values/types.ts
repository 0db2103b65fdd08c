import type { Dense } from './dense.ts'

/** The values of one page, in order. */
export interface ValueDecoder {
  /** Appends the next `count` values. */
  read(count: number, out: Dense): void
}

/** The bytes of a page's values: bytes[at, end), for `present` values that are not null, or more. */
export interface ValueBytes {
  readonly bytes: Uint8Array
  readonly at: number
  readonly end: number
  /** At most so many values are there. */
  readonly values: number
}
