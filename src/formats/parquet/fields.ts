/** Structs of which only some fields are wanted: the others are neither fetched nor decoded. */

import { leavesOf } from './assemble.ts'
import type { Node, StructNode } from './types.ts'

/** The column, a struct or a list of structs, without its other fields. Another column stays as it is. */
export function narrowed(node: Node, wanted: ReadonlySet<string>): Node {
  if (node.kind === 'list') return { ...node, item: narrowed(node.item, wanted) }
  if (node.kind !== 'struct' || node.type.kind !== 'struct') return node
  const names = node.type.fields.map(({ name }) => name)
  const fields = node.fields.map((field, i): Node => {
    return wanted.has(names[i]!) ? field : { kind: 'absent', type: field.type }
  })
  const smaller: StructNode = { ...node, fields }
  // Which of the structs are NULL, and how many a list has, stands with any of their stored columns.
  return leavesOf(smaller).length > 0 ? smaller : node
}
