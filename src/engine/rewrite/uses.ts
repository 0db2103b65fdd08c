/** Which fields of structs a query uses: a reader may leave the others out. */

import { type AstNode, listOf, nodeOf, textOf, walk } from './ast.ts'
import { referenceOf } from './conditions.ts'
import { NAMELESS } from './unnested.ts'

const RELATIONS = new Set(['BASE_TABLE', 'TABLE_FUNCTION', 'SUBQUERY'])

/**
 * All references of the query, without the relations' names before them: `info.DP` as [info, DP]. Undefined where it
 * uses columns in other ways, too, or no reference has a field in it.
 */
export function usesOf(ast: AstNode, nameOf: (node: AstNode) => string): string[][] | undefined {
  const uses: string[][] = []
  const names = new Set<string>()
  for (const node of walk(ast)) {
    if (NAMELESS.has(textOf(node.class)) || node.type === 'PIVOT') return undefined
    if (RELATIONS.has(textOf(node.type))) {
      names.add(nameOf(node).toLowerCase())
      if (listOf(node.column_name_alias).length > 0) return undefined
    }
    if (node.type === 'JOIN') {
      if (textOf(node.ref_type) === 'NATURAL') return undefined
      for (const column of listOf(node.using_columns)) uses.push([textOf(column).toLowerCase()])
    }
    if (
      listOf(nodeOf(node.cte_map)?.map).some(
        (entry) => listOf(nodeOf(nodeOf(entry)?.value)?.aliases).length > 0,
      )
    )
      return undefined
    const reference = referenceOf(node)
    if (reference !== undefined) uses.push(reference.map((name) => name.toLowerCase()))
  }
  const bare = uses.flatMap((use) => {
    const [first, ...rest] = use
    if (first === undefined || !names.has(first)) return [use]
    // The whole row of a relation, or a struct of the same name.
    return rest.length === 0 ? [] : [rest, [first]]
  })
  // A reference that is only a relation's name takes all of its columns.
  if (uses.some(([first, ...rest]) => rest.length === 0 && names.has(first!))) return undefined
  if (!bare.some(({ length }) => length > 1)) return undefined
  return [...new Map(bare.map((use) => [use.join('\0'), use])).values()]
}
