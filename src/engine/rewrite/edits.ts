/** What a rewrite changes in a text, and the pieces of SQL it puts there. */

import { type Hidden, hiddenText } from '../hidden.ts'
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
  /** The query of a view that a FROM may mean by this name alone; undefined when it is none, or not for certain. */
  readonly viewOf?: ((name: string) => Promise<string | undefined>) | undefined
  /** Names that may be views', in lower case. */
  readonly views?: ReadonlySet<string> | undefined
  /** Every scan gets a number, to be known in the plan. */
  readonly explain?: boolean | undefined
  /** Scans give their batches in lists, where that can be told from the query. */
  readonly unnest?: boolean | undefined
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

/** `read_auto('path')`, with what the scan shall be told. */
export function callOf(path: string, hidden: Hidden | undefined): string {
  return `read_auto(${quoteText(path)}${hidden === undefined ? '' : `, ${hiddenArgument(hidden)}`})`
}

/** ` as name` for a path whose relation has no name of its own. */
export function aliasOf(path: string): string {
  const alias = defaultAlias(path)
  return alias === undefined ? '' : ` as ${quoteIdentifier(alias)}`
}

export function hiddenArgument(hidden: Hidden): string {
  return `${HIDDEN} := ${quoteText(hiddenText(hidden))}`
}
