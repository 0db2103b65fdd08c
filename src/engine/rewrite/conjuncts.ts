/** Which conjuncts of a SELECT's WHERE say something about one of its relations alone. */

import type { Constant, RawPredicate } from '../constants.ts'
import type { RunOptions } from '../types.ts'
import { type AstNode, listOf, nodeOf, textOf } from './ast.ts'
import { constantOf } from './constants.ts'

/** A table or table function in the FROM of a SELECT. */
export interface Leaf {
  readonly node: AstNode
  /** The name that qualifies its columns, in lower case. */
  readonly name: string
  /** An outer join may give it rows of nulls: only what rejects nulls may prune it. */
  readonly nullable: boolean
  /** Rows left out would change which other rows are joined or sampled. */
  readonly fixed: boolean
}

/** The relations of a FROM tree; anything else in it (subqueries, PIVOT, VALUES) is `undefined`. */
export function leavesOf(
  from: AstNode | undefined,
  nameOf: (node: AstNode) => string,
  nullable = false,
  fixed = false,
): (Leaf | undefined)[] {
  if (from === undefined) return []
  if (from.type === 'JOIN') {
    const side = joinSides(from)
    const left = leavesOf(nodeOf(from.left), nameOf, nullable || side.left.nullable, fixed || side.left.fixed)
    const right = leavesOf(
      nodeOf(from.right),
      nameOf,
      nullable || side.right.nullable,
      fixed || side.right.fixed,
    )
    return [...left, ...right]
  }
  if (from.type !== 'BASE_TABLE' && from.type !== 'TABLE_FUNCTION') return [undefined]
  const renamed = listOf(from.column_name_alias).length > 0
  return [
    {
      node: from,
      name: nameOf(from).toLowerCase(),
      nullable,
      fixed: fixed || renamed || nodeOf(from.sample) !== undefined,
    },
  ]
}

interface Side {
  readonly nullable: boolean
  readonly fixed: boolean
}

/** An ASOF join picks the nearest row of its right side, a positional one counts: both need all rows. */
function joinSides(join: AstNode): { left: Side; right: Side } {
  const type = textOf(join.join_type)
  const ref = textOf(join.ref_type) || 'REGULAR'
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

/** The predicates that hold for every row the WHERE keeps, by relation. */
export function predicatesOf(
  where: AstNode | undefined,
  leaves: readonly (Leaf | undefined)[],
  params: RunOptions['params'],
): Map<AstNode, RawPredicate[]> {
  const found = new Map<AstNode, RawPredicate[]>()
  const add = (reference: readonly string[], op: RawPredicate['op'], values: readonly Constant[]): void => {
    const leaf = leafOf(reference, leaves)
    if (leaf === undefined || leaf.fixed || (leaf.nullable && op === 'is null')) return
    const list = found.get(leaf.node) ?? []
    list.push({ column: reference.at(-1)!, op, values })
    found.set(leaf.node, list)
  }
  for (const conjunct of conjunctsOf(where)) readConjunct(conjunct, params, add)
  return found
}

function leafOf(reference: readonly string[], leaves: readonly (Leaf | undefined)[]): Leaf | undefined {
  if (reference.length === 1) return leaves.length === 1 ? leaves[0] : undefined
  if (reference.length !== 2) return undefined
  const name = reference[0]!.toLowerCase()
  const named = leaves.filter((leaf) => leaf?.name === name)
  return named.length === 1 ? named[0] : undefined
}

function* conjunctsOf(where: AstNode | undefined): Generator<AstNode> {
  if (where === undefined) return
  if (where.type !== 'CONJUNCTION_AND') yield where
  else for (const child of listOf(where.children)) yield* conjunctsOf(nodeOf(child))
}

const COMPARISONS: Readonly<Record<string, { op: RawPredicate['op']; flipped: RawPredicate['op'] }>> = {
  COMPARE_EQUAL: { op: '=', flipped: '=' },
  COMPARE_LESSTHAN: { op: '<', flipped: '>' },
  COMPARE_LESSTHANOREQUALTO: { op: '<=', flipped: '>=' },
  COMPARE_GREATERTHAN: { op: '>', flipped: '<' },
  COMPARE_GREATERTHANOREQUALTO: { op: '>=', flipped: '<=' },
}

type Add = (reference: readonly string[], op: RawPredicate['op'], values: readonly Constant[]) => void

function readConjunct(conjunct: AstNode, params: RunOptions['params'], add: Add): void {
  const type = textOf(conjunct.type)
  const children = listOf(conjunct.children).map(nodeOf)
  const comparison = COMPARISONS[type]
  if (comparison !== undefined) {
    const left = nodeOf(conjunct.left)
    const right = nodeOf(conjunct.right)
    const forward = referenceOf(left)
    const value = constantOf(forward === undefined ? left : right, params)
    const reference = forward ?? referenceOf(right)
    if (reference !== undefined && value != null)
      add(reference, forward === undefined ? comparison.flipped : comparison.op, [value])
  } else if (type === 'COMPARE_BETWEEN') {
    const reference = referenceOf(nodeOf(conjunct.input))
    const lower = constantOf(nodeOf(conjunct.lower), params)
    const upper = constantOf(nodeOf(conjunct.upper), params)
    if (reference !== undefined && lower != null) add(reference, '>=', [lower])
    if (reference !== undefined && upper != null) add(reference, '<=', [upper])
  } else if (type === 'COMPARE_IN') {
    const reference = referenceOf(children[0])
    const values = children.slice(1).map((child) => constantOf(child, params))
    if (reference === undefined || values.includes(undefined)) return
    // A NULL among them never makes the conjunct true.
    const present = values.filter((value) => value != null)
    if (present.length > 0) add(reference, 'in', present)
  } else if (type === 'OPERATOR_IS_NULL') {
    const reference = referenceOf(children[0])
    if (reference !== undefined) add(reference, 'is null', [])
  } else if (conjunct.class === 'FUNCTION' && children.length === 2) {
    const reference = referenceOf(children[0])
    const prefix = prefixOf(textOf(conjunct.function_name), constantOf(children[1], params))
    if (reference !== undefined && prefix !== undefined) add(reference, 'starts with', [['text', prefix]])
  }
}

function referenceOf(expression: AstNode | undefined): string[] | undefined {
  if (expression?.class !== 'COLUMN_REF') return undefined
  const names = listOf(expression.column_names)
  return names.length > 0 && names.every((name) => typeof name === 'string') ? (names as string[]) : undefined
}

/** What text must begin with for `starts_with`, `^@`, `prefix`, or LIKE up to its first wildcard. */
function prefixOf(fn: string, value: Constant | null | undefined): string | undefined {
  if (value == null || value[0] !== 'text') return undefined
  if (fn === 'starts_with' || fn === 'prefix' || fn === '^@') return value[1] || undefined
  return fn === '~~' ? /^[^%_]*/.exec(value[1])![0] || undefined : undefined
}
