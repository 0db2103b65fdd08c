/** Scans of which a query wants no more than how many rows they have. */

import { type AstNode, listOf, nodeOf, textOf, walk } from './ast.ts'

const COUNTING = new Set(['type', 'cte_map', 'select_list', 'from_table', 'aggregate_handling'])

/** The relation of `select count(*) from relation`, for each such SELECT in the tree. */
export function countedIn(ast: AstNode): Set<AstNode> {
  const found = new Set<AstNode>()
  for (const node of walk(ast)) {
    const from = nodeOf(node.from_table)
    if (node.type !== 'SELECT_NODE' || from === undefined || nodeOf(from.sample) !== undefined) continue
    if (!Object.keys(node).every((key) => COUNTING.has(key))) continue
    const items = listOf(node.select_list).map(nodeOf)
    if (textOf(node.aggregate_handling) === 'STANDARD_HANDLING' && items.length > 0 && items.every(isCount))
      found.add(from)
  }
  return found
}

const PLAIN = new Set(['class', 'type', 'alias', 'query_location', 'function_name', 'children', 'order_bys'])

/** `count(*)`, without FILTER. */
function isCount(item: AstNode | undefined): boolean {
  if (item?.class !== 'FUNCTION' || item.function_name !== 'count_star') return false
  return Object.keys(item).every((key) => PLAIN.has(key)) && listOf(item.children).length === 0
}
