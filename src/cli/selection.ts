/** Which files of a version are meant: the options that `files` and `get` share. */

import { VarveError } from '../errors.ts'
import type { FilesOptions, Filter } from '../library/lake-types.ts'
import type { Argument } from '../scan/types.ts'
import { given, parametersOf, wholeNumber } from './arguments.ts'
import { UsageError } from './report.ts'

export interface SelectionFlags {
  readonly where?: string
  readonly param?: Readonly<Record<string, string>>
  /** `COLUMN=VALUE` each. */
  readonly filter?: readonly string[]
  readonly limit?: number
}

export function selectionOf({ where, param, filter, limit }: SelectionFlags): FilesOptions {
  if (param !== undefined && where === undefined)
    throw new UsageError('--param is given, expected with --where only')
  return {
    where,
    params: parametersOf(param),
    filter: given(filter, filterOf),
    limit: given(limit, (value) => wholeNumber(value, '--limit', 0)),
  }
}

/** All must hold, so a column's second filter would hide a mistake. */
function filterOf(pairs: readonly string[]): Filter {
  const filter = new Map<string, Argument>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const column = pair.slice(0, at)
    if (at < 1) throw new UsageError(`--filter is "${pair}", expected column=value`)
    if (filter.has(column))
      throw new VarveError(
        'invalid-input',
        `--filter names ${column} twice, expected once: ${column}=[1,2] is any of them, ${column}={"gte":1,"lt":5} a range`,
        { column },
      )
    filter.set(column, filterValue(pair.slice(at + 1)))
  }
  return Object.fromEntries(filter)
}

/**
 * `null`, a list (any of them), an object of operators and a text in quotes are JSON; all else is the text itself.
 * Numbers stay text, which is compared as what the column is: `frame=7` with 7, `subject=007` with '007'.
 */
function filterValue(text: string): Argument {
  if (!/^\s*(null\s*$|["[{])/.test(text)) return text
  try {
    return JSON.parse(text, (_, value: unknown) => (typeof value === 'number' ? String(value) : value))
  } catch {
    return text
  }
}
