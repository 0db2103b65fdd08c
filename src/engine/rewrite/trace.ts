/**
 * From a column of a subquery, CTE or UNION down to the scans that it comes from. Only what picks or renames columns
 * is passed: leaving out rows of the scan must leave out the same rows above, and nothing else.
 */

import type { RawColumn } from '../hidden.ts'
import { type AstNode, listOf, nodeOf, textOf, walk } from './ast.ts'
import { referenceOf } from './conditions.ts'
import { type Leaf, leavesOf, meantBy } from './relations.ts'
import type { Cte } from './scopes.ts'

/** A column of a query: by name, by position, or by the position that a name has in a scan. */
export type Column = string | number | { readonly name: string; readonly of: AstNode }

/** A column of a scan that rows can be left out of. */
export interface Target {
  readonly node: AstNode
  readonly column: Column
  readonly nullable: boolean
}

export interface Tree {
  readonly ctes: ReadonlyMap<AstNode, Cte>
  /** Whether this relation is a scan of varve's. */
  readonly isScan: (node: AstNode) => boolean
  /** The name that qualifies the columns of a relation. */
  readonly nameOf: (node: AstNode) => string
}

/** The scans' columns that make this column of a relation; undefined when they are not all known. */
export function traceLeaf({ node, nullable, fixed }: Leaf, column: Column, tree: Tree): Target[] | undefined {
  if (fixed) return undefined
  const named = unaliased(column, listOf(node.column_name_alias).map(textOf))
  if (named === undefined) return undefined
  if (tree.isScan(node)) return [{ node, column: named, nullable }]
  const found = traceInside(node, named, tree)
  return nullable ? found?.map((target) => ({ ...target, nullable })) : found
}

function traceInside(node: AstNode, column: Column, tree: Tree): Target[] | undefined {
  if (node.type === 'SUBQUERY') return traceQuery(nodeOf(nodeOf(node.subquery)?.node), column, tree)
  const cte = tree.ctes.get(node)
  // Rows that one reference does not want, another one may.
  if (cte === undefined || cte.references !== 1) return undefined
  const own = unaliased(column, cte.aliases)
  return own === undefined ? undefined : traceQuery(cte.query, own, tree)
}

/** A name of `AS t(a, b)` is a position. */
function unaliased(column: Column, aliases: readonly string[]): Column | undefined {
  if (typeof column !== 'string' || aliases.length === 0) return column
  const at = aliases.findIndex((alias) => alias.toLowerCase() === column.toLowerCase())
  return at < 0 ? undefined : at
}

function traceQuery(query: AstNode | undefined, column: Column, tree: Tree): Target[] | undefined {
  if (query === undefined || !onlyOrdered(query)) return undefined
  if (query.type === 'SET_OPERATION_NODE') return traceUnion(query, column, tree)
  if (query.type !== 'SELECT_NODE' || !onlyPicks(query)) return undefined
  const from = nodeOf(query.from_table)
  const picked = pick(query, column)
  if (picked === undefined) return undefined
  const relations = 'reference' in picked ? meantBy(picked.reference, from, tree.nameOf) : picked.relation
  const [relation, ...others] = relations
  const leaf = leavesOf(from).find(({ node }) => node === relation)
  // Which of several relations has the column is not known here.
  if (leaf === undefined || others.length > 0) return undefined
  return traceLeaf(leaf, 'reference' in picked ? picked.reference.at(-1)! : picked.column, tree)
}

function traceUnion(query: AstNode, column: Column, tree: Tree): Target[] | undefined {
  const kind = textOf(query.setop_type)
  const [left, right] = [nodeOf(query.left), nodeOf(query.right)]
  const first = traceQuery(left, column, tree)
  if (first === undefined || (kind !== 'UNION' && kind !== 'UNION_BY_NAME')) return undefined
  if (kind === 'UNION_BY_NAME' && typeof column !== 'string') return undefined
  const place = kind === 'UNION_BY_NAME' ? column : placeOf(left, column, tree)
  const second = place === undefined ? undefined : traceQuery(right, place, tree)
  return second && [...first, ...second]
}

/** Where a query has the column: a position. */
function placeOf(query: AstNode | undefined, column: Column, tree: Tree): Column | undefined {
  if (typeof column !== 'string') return column
  if (query?.type === 'SET_OPERATION_NODE') return placeOf(nodeOf(query.left), column, tree)
  const items = listOf(query?.select_list).map(nodeOf)
  const only = onlyStar(query)
  if (only === undefined) {
    const at = items.findIndex((item) => outputName(item)?.toLowerCase() === column.toLowerCase())
    const stars = items.slice(0, at).some((item) => item?.class === 'STAR')
    return at < 0 || stars ? undefined : at
  }
  const place = unaliased(column, listOf(only.column_name_alias).map(textOf))
  if (typeof place !== 'string') return place
  if (tree.isScan(only)) return { name: place, of: only }
  if (only.type === 'SUBQUERY') return placeOf(nodeOf(nodeOf(only.subquery)?.node), place, tree)
  const cte = tree.ctes.get(only)
  const own = cte && unaliased(place, cte.aliases)
  return typeof own === 'string' ? placeOf(cte?.query, own, tree) : own
}

/** No LIMIT, no DISTINCT. */
function onlyOrdered(query: AstNode): boolean {
  return listOf(query.modifiers).every((modifier) => nodeOf(modifier)?.type === 'ORDER_MODIFIER')
}

const PLAIN = new Set([
  'type',
  'modifiers',
  'cte_map',
  'select_list',
  'from_table',
  'where_clause',
  'aggregate_handling',
])

/** No GROUP BY, HAVING, QUALIFY, sample or window. An aggregate beside a column needs a GROUP BY. */
function onlyPicks(select: AstNode): boolean {
  if (!Object.keys(select).every((key) => PLAIN.has(key))) return false
  if (textOf(select.aggregate_handling) !== 'STANDARD_HANDLING') return false
  for (const { class: kind } of walk(select.select_list)) if (kind === 'WINDOW') return false
  return true
}

type Picked =
  | { readonly reference: readonly string[] }
  | { readonly relation: readonly AstNode[]; readonly column: Column }

/** What a column of a SELECT's output is in its FROM. */
function pick(select: AstNode, column: Column): Picked | undefined {
  const items = listOf(select.select_list).map(nodeOf)
  const relation = onlyStar(select)
  if (relation !== undefined) return { relation: [relation], column }
  if (typeof column === 'object') return undefined
  if (typeof column === 'number') {
    if (items.slice(0, column + 1).some((item) => item?.class === 'STAR')) return undefined
    return pickItem(items[column])
  }
  const name = column.toLowerCase()
  const named = items.filter((item) => outputName(item)?.toLowerCase() === name)
  const stars = items.filter((item) => item?.class === 'STAR')
  if (named.length === 1 && stars.length === 0) return pickItem(named[0])
  // Of two columns of one name the second gets another one.
  return named.length === 0 && stars.length === 1 ? pickOfStar(stars[0]!, column, select) : undefined
}

function pickItem(item: AstNode | undefined): Picked | undefined {
  const reference = referenceOf(item)
  return reference && { reference }
}

/** The one relation whose columns are all that is picked, as they are. */
function onlyStar(select: AstNode | undefined): AstNode | undefined {
  const [item, ...others] = listOf(select?.select_list).map(nodeOf)
  const from = nodeOf(select?.from_table)
  if (item?.class !== 'STAR' || others.length > 0 || from?.type === 'JOIN') return undefined
  const plain = Object.keys(item).every((key) => STAR.has(key)) && listOf(item.exclude_list).length === 0
  return plain ? from : undefined
}

const STAR = new Set(['class', 'type', 'query_location', 'relation_name', 'exclude_list'])
const CHANGED_STAR = new Set([...STAR, 'replace_list', 'rename_list', 'qualified_exclude_list'])

function pickOfStar(star: AstNode, column: string, select: AstNode): Picked | undefined {
  if (!Object.keys(star).every((key) => CHANGED_STAR.has(key))) return undefined
  const name = column.toLowerCase()
  const is = (other: unknown): boolean => textOf(other).toLowerCase() === name
  const excluded = [
    ...listOf(star.exclude_list),
    ...listOf(star.qualified_exclude_list).map((one) => nodeOf(one)?.column),
    ...listOf(star.replace_list).map((one) => nodeOf(one)?.key),
  ]
  const renames = listOf(star.rename_list).map(nodeOf)
  const renamed = renames.filter((one) => is(one?.value)).map((one) => textOf(nodeOf(one?.key)?.column))
  if (excluded.some(is) || renames.some((one) => is(nodeOf(one?.key)?.column))) return undefined
  const own = renamed[0] ?? column
  const relation = textOf(star.relation_name)
  if (relation !== '') return { reference: [relation, own] }
  return nodeOf(select.from_table)?.type === 'JOIN' ? undefined : { reference: [own] }
}

/** What DuckDB calls the column; of an expression without a name it is the expression, which no one writes as a name. */
function outputName(item: AstNode | undefined): string | undefined {
  const alias = textOf(item?.alias)
  return alias === '' ? referenceOf(item)?.at(-1) : alias
}

/** A column of a query as the hidden parameter says it. */
export function rawColumn(column: Column, numberOf: (node: AstNode) => number): RawColumn {
  return typeof column === 'object' ? { name: column.name, of: numberOf(column.of) } : column
}
