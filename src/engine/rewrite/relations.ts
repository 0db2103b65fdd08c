/** The relations of a FROM, and which of them a name in an expression may mean. */

import { type AstNode, listOf, nodeOf, textOf } from './ast.ts'

/** A table, table function or subquery in the FROM of a SELECT. */
export interface Leaf {
  readonly node: AstNode
  /** An outer join may give it rows of nulls: only what rejects nulls may prune it. */
  readonly nullable: boolean
  /** Rows left out would change which other rows are joined or sampled. */
  readonly fixed: boolean
}

const LEAVES = new Set(['BASE_TABLE', 'TABLE_FUNCTION', 'SUBQUERY'])

/** The relations of a FROM tree that predicates may reach. */
export function leavesOf(from: AstNode | undefined, nullable = false, fixed = false): Leaf[] {
  if (from === undefined) return []
  if (from.type === 'JOIN') {
    const { left, right } = joinSides(from)
    return [
      ...leavesOf(nodeOf(from.left), nullable || left.nullable, fixed || left.fixed),
      ...leavesOf(nodeOf(from.right), nullable || right.nullable, fixed || right.fixed),
    ]
  }
  if (!LEAVES.has(textOf(from.type))) return []
  return [{ node: from, nullable, fixed: fixed || nodeOf(from.sample) !== undefined }]
}

interface Side {
  readonly nullable: boolean
  readonly fixed: boolean
}

/** An ASOF join picks the nearest row of its right side, a positional one counts: both need all rows. */
function joinSides(join: AstNode): { left: Side; right: Side } {
  const type = textOf(join.join_type)
  const ref = refType(join)
  const known =
    ['INNER', 'LEFT', 'RIGHT', 'OUTER', 'FULL', 'SEMI', 'ANTI'].includes(type) &&
    ['REGULAR', 'CROSS', 'NATURAL', 'ASOF'].includes(ref)
  const full = type === 'OUTER' || type === 'FULL'
  return {
    left: {
      nullable: type === 'RIGHT' || full,
      fixed: !known || (ref === 'ASOF' && type !== 'INNER' && type !== 'LEFT'),
    },
    right: {
      nullable: type === 'LEFT' || full,
      fixed: !known || ref === 'ASOF' || type === 'SEMI' || type === 'ANTI',
    },
  }
}

function refType(join: AstNode): string {
  return textOf(join.ref_type) || 'REGULAR'
}

/**
 * What an ON keeps out of its join: the relations of its inner side or sides, as they are below the join. Rows that
 * fulfil no ON have no part in an inner join, and on the other side of an outer one they match nothing.
 */
export function leavesUnder(join: AstNode): Leaf[] {
  if (refType(join) !== 'REGULAR') return []
  const [left, right] = [nodeOf(join.left), nodeOf(join.right)]
  switch (textOf(join.join_type)) {
    case 'INNER':
    case 'SEMI':
      return [...leavesOf(left), ...leavesOf(right)]
    case 'LEFT':
    case 'ANTI':
      return leavesOf(right)
    case 'RIGHT':
      return leavesOf(left)
    default:
      return []
  }
}

/**
 * The relations that a column reference may mean, if they have that column; DuckDB refuses a name that more than
 * one has, unless a USING makes one of them.
 */
export function meantBy(
  reference: readonly string[],
  from: AstNode | undefined,
  nameOf: (node: AstNode) => string,
): AstNode[] {
  if (reference.length === 1) return unqualified(reference[0]!.toLowerCase(), from)
  if (reference.length !== 2) return []
  const name = reference[0]!.toLowerCase()
  const named = relationsOf(from).filter((node) => nameOf(node).toLowerCase() === name)
  return named.length === 1 ? named : []
}

function unqualified(name: string, from: AstNode | undefined): AstNode[] {
  if (from === undefined) return []
  if (from.type !== 'JOIN') return [from]
  const [left, right] = [nodeOf(from.left), nodeOf(from.right)]
  const type = textOf(from.join_type)
  if (listOf(from.using_columns).some((column) => textOf(column).toLowerCase() === name)) {
    if (type === 'RIGHT') return unqualified(name, right)
    return ['INNER', 'LEFT', 'SEMI', 'ANTI'].includes(type) ? unqualified(name, left) : []
  }
  if (refType(from) === 'NATURAL') return []
  if (type === 'SEMI' || type === 'ANTI') return unqualified(name, left)
  return [...unqualified(name, left), ...unqualified(name, right)]
}

function relationsOf(from: AstNode | undefined): AstNode[] {
  if (from === undefined) return []
  return from.type === 'JOIN'
    ? [...relationsOf(nodeOf(from.left)), ...relationsOf(nodeOf(from.right))]
    : [from]
}
