/** Options of read_parquet that varve has, under DuckDB's names. */

import { VarveError } from '../../errors.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options } from '../text/types.ts'

export const OPTIONS = ['binary_as_string', 'file_row_number'] as const

export interface ParquetOptions {
  /** Binary columns that say nothing of what they hold are text. */
  readonly binaryAsString: boolean
  /** A last column with the row's ordinal in the file. */
  readonly rowNumber: boolean
}

export function parquetOptions(options: Options): ParquetOptions {
  checkOptionNames('parquet', options, OPTIONS)
  return { binaryAsString: flag(options, 'binary_as_string'), rowNumber: flag(options, 'file_row_number') }
}

function flag(options: Options, name: (typeof OPTIONS)[number]): boolean {
  const value = options[name] ?? false
  if (typeof value === 'boolean') return value
  const message = `parquet: ${name} is ${JSON.stringify(value)}, expected true or false`
  throw new VarveError('invalid-input', message, { option: name })
}
