/** What a file for the differential test is, and values that its conditions compare with. */

import type { Options, TextFormat } from '../../../src/formats/text/types.ts'

export type Kind = 'number' | 'text' | 'day' | 'moment' | 'zoned' | 'flag' | 'other'

export interface Column {
  readonly name: string
  readonly kind: Kind
  /** SQL literals that lie near the column's values, and some that do not. */
  readonly samples: readonly string[]
}

export interface Fixture {
  readonly name: string
  /** The call, with `?` for the path. */
  readonly call: string
  /** A text format is indexed finely; a file that lists its blocks has what segments it has. */
  readonly format: TextFormat | string
  readonly options?: Options
  readonly content: string | Uint8Array
  /** Another file that belongs to it, by its name. */
  readonly beside?: readonly [name: string, content: Uint8Array]
  readonly columns: readonly Column[]
}

export const ROWS = 600

export const range = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))
export const whole = (count: number): string[] => range(count, (i) => `${Math.floor((i * ROWS) / count)}`)

/** Numbers that DuckDB compares in ways of their own. */
export const ODD_NUMBERS = [
  '-1',
  '0.5',
  '1e2',
  '2 * 100',
  '-(3)',
  '300.0',
  "'150'",
  "'150'::bigint",
  '9007199254740993',
  '9007199254740992.0',
  '9007199254740993e0',
  '170141183460469231731687303715884105727',
  "'nan'::double",
  "'-infinity'::float",
  '0.1',
  '0.1::float',
  '-0.0',
  'null',
  '7 / 2',
]
export const RECORD: Column = { name: 'record', kind: 'number', samples: [...whole(8), ...ODD_NUMBERS] }
