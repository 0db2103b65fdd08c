/**
 * The columns of a schema, which is written as a list of its elements, parents before their children.
 *
 * Lists and maps are told as DuckDB tells them, so that files of all generations of writers have the same columns:
 * what is repeated is a list, and a group with one child that only serves to make a list or map stands for its child.
 */

import type { Field } from '../batch.ts'
import { numberAt, type Struct, structAt } from './compact.ts'
import { badParquet } from './error.ts'
import { leafType, nameOf } from './leaf-type.ts'
import type { Leaf, Node, TopColumn } from './types.ts'

const OPTIONAL = 1
const REPEATED = 2

/** Values of enum ConvertedType. */
const MAP = 1
const MAP_KEY_VALUE = 2
const LIST = 3

/** Groups that stand in each other, and levels, which are kept in a byte. */
const DEEPEST = 100

export interface Schema {
  readonly columns: readonly TopColumn[]
  /** In the order of column chunks. */
  readonly leaves: readonly Leaf[]
}

export function parseSchema(elements: readonly Struct[], binaryAsString: boolean): Schema {
  const leaves: Leaf[] = []
  let next = 1

  const children = (count: number, definition: number, repetition: number, depth: number, parent: Struct) =>
    Array.from({ length: Math.min(count, elements.length) }, () =>
      element(definition, repetition, depth, parent),
    )

  function element(above: number, outer: number, depth: number, parent: Struct): TopColumn {
    const own = elements[next++]
    if (own === undefined) throw badParquet('the schema ends inside a group, expected its other children')
    if (depth > DEEPEST)
      throw badParquet(`groups stand in each other ${depth} deep, expected at most ${DEEPEST}`)
    const name = nameOf(own)
    const kind = numberAt(own, 3)
    const definition = above + (kind === OPTIONAL || kind === REPEATED ? 1 : 0)
    const repetition = outer + (kind === REPEATED ? 1 : 0)
    const count = numberAt(own, 5) ?? 0
    const inner = count > 0 ? group() : stored()
    if (kind !== REPEATED) return { name, node: inner }
    return {
      name,
      node: { kind: 'list', type: { kind: 'list', item: inner.type }, definition, repetition, item: inner },
    }

    function stored(): Node {
      if (own![1] === undefined)
        return { kind: 'struct', type: { kind: 'struct', fields: [] }, definition, fields: [] }
      const typed = leafType(own!, name, binaryAsString)
      const leaf: Leaf = {
        ...typed,
        chunk: leaves.length,
        name,
        maxDefinition: definition,
        maxRepetition: repetition,
      }
      leaves.push(leaf)
      return { kind: 'leaf', type: leaf.type, leaf }
    }

    function group(): Node {
      const parts = children(count, definition, repetition, depth + 1, own!)
      const isPair = annotated(own!, MAP_KEY_VALUE) || (annotated(parent, MAP) && numberAt(parent, 5) === 1)
      if (isPair && kind === REPEATED && parts.length === 2)
        return struct(renamed(parts, ['key', 'value']), definition)
      const serves = kind === REPEATED || annotated(own!, LIST) || annotated(own!, MAP)
      if (parts.length === 1 && serves) return parts[0]!.node
      return struct(parts, definition)
    }
  }

  const [root] = elements
  if (root === undefined) throw badParquet('the schema is empty, expected a root')
  const columns = children(numberAt(root, 5) ?? 0, 0, 0, 0, root)
  if (columns.length === 0) throw badParquet('the schema has no columns, expected one at least')
  return { columns: distinct(columns), leaves }
}

const LOGICAL_MAP = 2
const LOGICAL_LIST = 3

function annotated(element: Struct, as: number): boolean {
  const logical = structAt(element, 10)
  const converted = numberAt(element, 6)
  if (as === MAP) return converted === MAP || logical?.[LOGICAL_MAP] !== undefined
  if (as === LIST) return converted === LIST || logical?.[LOGICAL_LIST] !== undefined
  return converted === as
}

function struct(parts: readonly TopColumn[], definition: number): Node {
  const named = distinct(parts)
  const fields: Field[] = named.map(({ name, node }) => ({ name, type: node.type }))
  return {
    kind: 'struct',
    type: { kind: 'struct', fields },
    definition,
    fields: named.map(({ node }) => node),
  }
}

const renamed = (parts: readonly TopColumn[], names: readonly string[]): TopColumn[] =>
  parts.map((part, i) => ({ ...part, name: names[i]! }))

/** SQL's names do not mind case: the second `A` beside `a` is `A_1`, as in DuckDB. */
function distinct(columns: readonly TopColumn[]): TopColumn[] {
  const taken = new Set<string>()
  return columns.map((column) => {
    let { name } = column
    for (let i = 1; taken.has(name.toLowerCase()); i++) name = `${column.name}_${i}`
    taken.add(name.toLowerCase())
    return { ...column, name }
  })
}
