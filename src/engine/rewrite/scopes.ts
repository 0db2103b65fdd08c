/** Which names in a FROM mean the common table expressions of a WITH. */

import { type AstNode, isNode, listOf, nodeOf, textOf } from './ast.ts'

/** An entry of a WITH. */
export interface Cte {
  readonly aliases: readonly string[]
  readonly query: AstNode | undefined
  /** How often a FROM names it. */
  references: number
}

type Scope = ReadonlyMap<string, Cte>

/** The CTE that each table of the tree names, where it names one. */
export function resolveCtes(root: AstNode): Map<AstNode, Cte> {
  const resolved = new Map<AstNode, Cte>()
  const visit = (value: unknown, outer: Scope): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, outer)
      return
    }
    if (!isNode(value)) return
    if (value.type === 'BASE_TABLE' && textOf(value.schema_name) === '') {
      const cte = outer.get(textOf(value.table_name).toLowerCase())
      if (cte !== undefined) {
        cte.references++
        resolved.set(value, cte)
      }
    }
    let scope = outer
    for (const entry of listOf(nodeOf(value.cte_map)?.map)) {
      const body = nodeOf(nodeOf(entry)?.value)
      const query = nodeOf(nodeOf(body?.query)?.node)
      const name = textOf(nodeOf(entry)?.key).toLowerCase()
      const cte: Cte = { aliases: listOf(body?.aliases).map(textOf), query, references: 0 }
      const inner = new Map(scope).set(name, cte)
      // Each sees those before it, a recursive one itself.
      visit(body, query?.type === 'RECURSIVE_CTE_NODE' ? inner : scope)
      scope = inner
    }
    for (const key of Object.keys(value)) if (key !== 'cte_map') visit(value[key], scope)
  }
  visit(root, new Map())
  return resolved
}
