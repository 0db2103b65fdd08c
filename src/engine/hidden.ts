/** What the hidden parameter of a table function says, on its way from the rewrite to the scan. */

import type { Constant } from '../scan/constants.ts'

/** A column of a scan: by name, by position, or by the position that a name has in another scan of the statement. */
export type RawColumn = string | number | { readonly name: string; readonly of: number }

/** A conjunct as the hidden parameter carries it. */
export interface RawPredicate {
  readonly column: RawColumn
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'in' | 'is null' | 'starts with'
  readonly values: readonly Constant[]
  /** Constants whose types, too, decide how the column is compared with the values. */
  readonly beside?: readonly Constant[] | undefined
  /** Columns that a UNION makes one with this: the predicate holds for each only if all have the same type. */
  readonly alike?: readonly { readonly scan: number; readonly column: RawColumn }[]
}

/** What the hidden parameter says. */
export interface Hidden {
  readonly predicates: readonly RawPredicate[]
  /** The scan's number in its statement, where others speak of it. */
  readonly scan?: number | undefined
  /** The statement is only explained: the scan says its number as its cardinality. */
  readonly explain?: true | undefined
  /** Only the number of rows is wanted: DuckDB asks for the first column, and looks at no value of it. */
  readonly counted?: true | undefined
  /** All references of the query, in lower case, where they tell which fields of structs it wants. */
  readonly uses?: readonly (readonly string[])[] | undefined
  /** Each batch is one row of lists, which an UNNEST takes apart; of a scan that is only counted, one list. */
  readonly inLists?: true | undefined
}

/** A plain list where there is nothing else to say. */
export function hiddenText({ predicates, ...more }: Hidden): string {
  const plain = Object.values(more).every((value) => value === undefined)
  // In this order: whoever reads an explained text finds the numbers.
  const { scan, explain, counted, uses, inLists } = more
  return JSON.stringify(plain ? predicates : { scan, explain, counted, uses, inLists, predicates })
}

export function parseHidden(text: string | undefined): Hidden {
  if (text === undefined) return { predicates: [] }
  const value = JSON.parse(text) as readonly RawPredicate[] | Hidden
  return 'predicates' in value ? value : { predicates: value }
}
