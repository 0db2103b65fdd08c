/** What a rewrite changes in a text, and the pieces of SQL it puts there. */

import type { RawPredicate } from '../constants.ts'
import { HIDDEN } from '../protocol.ts'
import { quoteIdentifier, quoteText } from '../quote.ts'
import type { RunOptions } from '../types.ts'
import { defaultAlias } from './paths.ts'

export interface OptionalArguments {
  readonly positional: number
  readonly names: readonly string[]
}

export interface RewriteOptions {
  /** Names of varve's table functions, in lower case. */
  readonly functions: ReadonlySet<string>
  /** Of those that take more arguments than their positional ones: how many these are, and the others' names. */
  readonly optional?: ReadonlyMap<string, OptionalArguments> | undefined
  /** Whether `FROM 'path'` is varve's to read. */
  readonly claims: (path: string) => boolean
  /** The syntax tree of a query as JSON, `undefined` where DuckDB has none for it. */
  readonly serialize: (sql: string) => Promise<string | undefined>
  readonly pushdown: boolean
  readonly params: RunOptions['params']
}

/** A change of the text: [start, end) in UTF-16 units becomes `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export type AddEdit = (edit: Edit) => void

/** The text with all edits made; of two that overlap, the first. */
export function apply(sql: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start)
  let out = ''
  let at = 0
  for (const edit of ordered) {
    if (edit.start < at) continue
    out += sql.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return out + sql.slice(at)
}

/** Words before which a table's name stands alone, where a function call needs a FROM. */
export const BARE = new Set(['summarize', 'describe', 'desc', 'show', 'table'])

/** `read_auto('path')`, with the predicates where there are some. */
export function callOf(path: string, predicates: readonly RawPredicate[]): string {
  const hidden = predicates.length === 0 ? '' : `, ${hiddenArgument(predicates)}`
  return `read_auto(${quoteText(path)}${hidden})`
}

/** ` as name` for a path whose relation has no name of its own. */
export function aliasOf(path: string): string {
  const alias = defaultAlias(path)
  return alias === undefined ? '' : ` as ${quoteIdentifier(alias)}`
}

/** The hidden parameter with these predicates. */
export function hiddenArgument(predicates: readonly RawPredicate[]): string {
  return `${HIDDEN} := ${quoteText(JSON.stringify(predicates))}`
}
