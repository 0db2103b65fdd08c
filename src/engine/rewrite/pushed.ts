/** The predicates of a query's scans: what its WHEREs and ONs say of them, through subqueries, CTEs and UNIONs. */

import type { Hidden, RawPredicate } from '../hidden.ts'
import { type AstNode, nodeOf, walk } from './ast.ts'
import { type Statement, statementsOf } from './conditions.ts'
import type { Params } from './constants.ts'
import { type Leaf, leavesOf, leavesUnder, meantBy } from './relations.ts'
import { rawColumn, type Target, type Tree, traceLeaf } from './trace.ts'

export interface PushOptions {
  readonly params: Params
  /** Numbers for scans that others speak of; undefined: no predicate may need any. */
  readonly nextNumber: (() => number) | undefined
}

/** What each scan that something is known about shall be told. */
export function pushedInto(ast: AstNode, tree: Tree, options: PushOptions): Map<AstNode, Hidden> {
  const found: { target: Target; others: readonly Target[]; statement: Statement }[] = []
  const push = (statement: Statement, from: AstNode | undefined, leaves: readonly Leaf[]): void => {
    for (const relation of meantBy(statement.reference, from, tree.nameOf)) {
      const leaf = leaves.find(({ node }) => node === relation)
      const targets = leaf && traceLeaf(leaf, statement.reference.at(-1)!, tree)
      for (const target of targets ?? []) {
        const others = targets!.filter((other) => other !== target)
        found.push({ target, others, statement })
      }
    }
  }
  for (const node of walk(ast)) {
    if (node.type === 'SELECT_NODE' && nodeOf(node.sample) === undefined) {
      const from = nodeOf(node.from_table)
      const leaves = leavesOf(from)
      for (const statement of statementsOf(nodeOf(node.where_clause), options.params))
        push(statement, from, leaves)
    }
    if (node.type === 'JOIN') {
      const leaves = leavesUnder(node)
      for (const statement of statementsOf(nodeOf(node.condition), options.params))
        push(statement, node, leaves)
    }
  }
  return hiddenOf(found, options)
}

function hiddenOf(
  found: readonly { target: Target; others: readonly Target[]; statement: Statement }[],
  { nextNumber }: PushOptions,
): Map<AstNode, Hidden> {
  const numbers = new Map<AstNode, number>()
  const numberOf = (node: AstNode): number => {
    const number = numbers.get(node) ?? nextNumber!()
    numbers.set(node, number)
    return number
  }
  const predicates = new Map<AstNode, RawPredicate[]>()
  for (const { target, others, statement } of found) {
    const { op, values, beside } = statement
    if (target.nullable && op === 'is null') continue
    const numbered = others.length > 0 || typeof target.column === 'object'
    if (numbered && nextNumber === undefined) continue
    if (others.length > 0) numberOf(target.node)
    const column = rawColumn(target.column, numberOf)
    const alike = others.map((other) => ({
      scan: numberOf(other.node),
      column: rawColumn(other.column, numberOf),
    }))
    const list = predicates.get(target.node) ?? []
    list.push({ column, op, values, ...(beside && { beside }), ...(alike.length > 0 && { alike }) })
    predicates.set(target.node, list)
  }
  const told = new Set([...predicates.keys(), ...numbers.keys()])
  return new Map(
    [...told].map((node) => [node, { predicates: predicates.get(node) ?? [], scan: numbers.get(node) }]),
  )
}
