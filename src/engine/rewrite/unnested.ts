/**
 * Scans that give each batch as one row of lists, which an UNNEST around them takes apart: DuckDB takes no more than
 * 2048 rows from a callback, and asking another thread for them costs as much as reading some thousand numbers of a list.
 *
 * DuckDB leaves no column out of an UNNEST, so columns must be known by the names that the scan's SELECT uses.
 */

import { quoteIdentifier, quoteText } from '../quote.ts'
import { type AstNode, listOf, nodeOf, textOf, walk } from './ast.ts'
import { referenceOf } from './conditions.ts'

/** Nodes that use columns without naming them. */
export const NAMELESS: ReadonlySet<string> = new Set(['STAR', 'POSITIONAL_REFERENCE'])

/**
 * The scans that can be given so, each with all names in its SELECT, in lower case: the only relation of a FROM, under
 * the names that its function gives.
 */
export function unnestedIn(
  ast: AstNode,
  isScan: (node: AstNode) => boolean,
  nameOf: (node: AstNode) => string,
): Map<AstNode, string[]> {
  const found = new Map<AstNode, string[]>()
  for (const node of walk(ast)) {
    const from = nodeOf(node.from_table)
    if (node.type !== 'SELECT_NODE' || from === undefined || !isScan(from)) continue
    const names = isPlain(node) && isPlain(from) ? namesIn(node, nameOf(from)) : undefined
    if (names !== undefined) found.set(from, names)
  }
  return found
}

/** No sample of its rows is wanted, no number beside them, no other names for them. */
function isPlain(node: AstNode): boolean {
  const isRenamed = listOf(node.column_name_alias).length > 0
  return nodeOf(node.sample) === undefined && node.with_ordinality === undefined && !isRenamed
}

/** Undefined where columns are used in other ways, too. */
function namesIn(select: AstNode, relation: string): string[] | undefined {
  const names = new Set<string>()
  for (const node of walk(select)) {
    if (NAMELESS.has(textOf(node.class))) return undefined
    const reference = referenceOf(node)
    // The whole row.
    if (reference?.length === 1 && reference[0]!.toLowerCase() === relation.toLowerCase()) return undefined
    for (const name of reference ?? []) names.add(name.toLowerCase())
  }
  return [...names]
}

/** SQL before and after a scan. */
export interface Wrap {
  readonly before: string
  readonly after: string
}

/** What the UNNEST around a scan begins with, whatever its columns. */
export const UNNEST = '(select unnest(columns('

/** The UNNEST around a scan whose rows come in lists, of the columns that have these names. */
export function unnest(names: readonly string[]): Wrap {
  // As a pattern, because names that are no columns' are among them, and case does not matter.
  const pattern = `(?i)^(${names.map((name) => name.replace(/[^\w\u0080-\uffff]/g, '\\$&')).join('|')})$`
  const columns = names.length === 0 ? '*' : quoteText(pattern)
  return { before: `${UNNEST}${columns})) from `, after: ')' }
}

/** What follows a scan that has no alias: the name that DuckDB gives a function's rows. */
export const namedAs = (name: string): string => ` as ${quoteIdentifier(name)}`
