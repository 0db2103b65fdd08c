/** What an expression that must be true says of single columns. */

import type { Constant } from '../../scan/constants.ts'
import type { RawPredicate } from '../hidden.ts'
import { type AstNode, listOf, nodeOf, textOf } from './ast.ts'
import { constantOf, type Params } from './constants.ts'

/** `reference op values`; the reference as it was written, one to several names. */
export interface Statement {
  readonly reference: readonly string[]
  readonly op: RawPredicate['op']
  readonly values: readonly Constant[]
  /** Constants whose types, too, decide how the column is compared: the other bound of a BETWEEN. */
  readonly beside?: readonly Constant[] | undefined
}

/** All of these hold where the expression is true. What is not understood says nothing. */
export function statementsOf(expression: AstNode | undefined, params: Params): Statement[] {
  if (expression === undefined) return []
  const type = textOf(expression.type)
  if (type === 'CONJUNCTION_AND')
    return listOf(expression.children).flatMap((child) => statementsOf(nodeOf(child), params))
  if (type === 'CONJUNCTION_OR')
    return oneOf(listOf(expression.children).map((child) => statementsOf(nodeOf(child), params)))
  if (type === 'OPERATOR_NOT') return refuted(nodeOf(listOf(expression.children)[0]), params)
  return simple(expression, params)
}

/** All of these hold where the expression is false. */
function refuted(expression: AstNode | undefined, params: Params): Statement[] {
  if (expression === undefined) return []
  const type = textOf(expression.type)
  const children = listOf(expression.children).map(nodeOf)
  if (type === 'CONJUNCTION_OR') return children.flatMap((child) => refuted(child, params))
  if (type === 'CONJUNCTION_AND') return oneOf(children.map((child) => refuted(child, params)))
  if (type === 'OPERATOR_NOT') return statementsOf(children[0], params)
  const reference = referenceOf(expression)
  if (reference !== undefined) return [{ reference, op: '=', values: [['boolean', false]] }]
  const opposite = OPPOSITE[type]
  return opposite === undefined ? [] : simple({ ...expression, type: opposite }, params)
}

/** Of alternatives, what each of them says of a column: that it is one of some values. */
function oneOf(alternatives: readonly (readonly Statement[])[]): Statement[] {
  const [first, ...others] = alternatives
  if (first === undefined) return []
  return first.flatMap((statement) => {
    if (!isEqual(statement)) return []
    const matching = others.map((other) =>
      other.find((one) => isEqual(one) && sameReference(one.reference, statement.reference)),
    )
    const values = matching.flatMap((one) => one?.values ?? [])
    if (matching.includes(undefined)) return []
    return [{ ...statement, op: 'in' as const, values: [...statement.values, ...values] }]
  })
}

const isEqual = ({ op }: Statement): boolean => op === '=' || op === 'in'

function sameReference(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name.toLowerCase() === b[i]!.toLowerCase())
}

const COMPARISONS: Readonly<Record<string, { op: RawPredicate['op']; flipped: RawPredicate['op'] }>> = {
  COMPARE_EQUAL: { op: '=', flipped: '=' },
  COMPARE_LESSTHAN: { op: '<', flipped: '>' },
  COMPARE_LESSTHANOREQUALTO: { op: '<=', flipped: '>=' },
  COMPARE_GREATERTHAN: { op: '>', flipped: '<' },
  COMPARE_GREATERTHANOREQUALTO: { op: '>=', flipped: '<=' },
}

const OPPOSITE: Readonly<Record<string, string>> = {
  COMPARE_NOTEQUAL: 'COMPARE_EQUAL',
  COMPARE_NOT_IN: 'COMPARE_IN',
  COMPARE_LESSTHAN: 'COMPARE_GREATERTHANOREQUALTO',
  COMPARE_LESSTHANOREQUALTO: 'COMPARE_GREATERTHAN',
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHANOREQUALTO',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHAN',
  OPERATOR_IS_NOT_NULL: 'OPERATOR_IS_NULL',
  COMPARE_DISTINCT_FROM: 'COMPARE_NOT_DISTINCT_FROM',
}

function simple(expression: AstNode, params: Params): Statement[] {
  const type = textOf(expression.type)
  const children = listOf(expression.children).map(nodeOf)
  if (COMPARISONS[type] !== undefined) return comparison(expression, COMPARISONS[type], params)
  if (type === 'COMPARE_NOT_DISTINCT_FROM') return notDistinct(expression, params)
  if (type === 'COMPARE_BETWEEN') {
    const reference = referenceOf(nodeOf(expression.input))
    if (reference === undefined) return []
    const lower = constantOf(nodeOf(expression.lower), params)
    const upper = constantOf(nodeOf(expression.upper), params)
    // Of one whose type is not known nobody knows how the other one is compared.
    if (lower === undefined || upper === undefined) return []
    const bound = (op: '>=' | '<=', value: Constant | null, other: Constant | null): Statement[] =>
      value === null ? [] : [{ reference, op, values: [value], beside: other === null ? undefined : [other] }]
    return [...bound('>=', lower, upper), ...bound('<=', upper, lower)]
  }
  const reference = referenceOf(children[0])
  if (type === 'COLUMN_REF') {
    const flag = referenceOf(expression)
    return flag === undefined ? [] : [{ reference: flag, op: '=', values: [['boolean', true]] }]
  }
  if (reference === undefined) return []
  if (type === 'COMPARE_IN') {
    const values = children.slice(1).map((child) => constantOf(child, params))
    if (values.includes(undefined)) return []
    // A NULL among them never makes the conjunct true.
    const present = values.filter((value) => value != null)
    return present.length > 0 ? [{ reference, op: 'in', values: present }] : []
  }
  if (type === 'OPERATOR_IS_NULL') return [{ reference, op: 'is null', values: [] }]
  if (expression.class === 'FUNCTION' && children.length === 2) {
    const prefix = prefixOf(textOf(expression.function_name), constantOf(children[1], params))
    return prefix === undefined ? [] : [{ reference, op: 'starts with', values: [prefix] }]
  }
  return []
}

function comparison(
  expression: AstNode,
  { op, flipped }: { op: RawPredicate['op']; flipped: RawPredicate['op'] },
  params: Params,
): Statement[] {
  const left = nodeOf(expression.left)
  const right = nodeOf(expression.right)
  const forward = referenceOf(left)
  const value = constantOf(forward === undefined ? left : right, params)
  const reference = forward ?? referenceOf(right)
  if (reference === undefined || value == null) return []
  return [{ reference, op: forward === undefined ? flipped : op, values: [value] }]
}

/** `=` that takes NULL for a value. */
function notDistinct(expression: AstNode, params: Params): Statement[] {
  const left = nodeOf(expression.left)
  const right = nodeOf(expression.right)
  const reference = referenceOf(left) ?? referenceOf(right)
  const value = constantOf(referenceOf(left) === undefined ? left : right, params)
  if (reference === undefined || value === undefined || value?.[0] === 'parameter') return []
  return [value === null ? { reference, op: 'is null', values: [] } : { reference, op: '=', values: [value] }]
}

export function referenceOf(expression: AstNode | undefined): string[] | undefined {
  if (expression?.class !== 'COLUMN_REF') return undefined
  const names = listOf(expression.column_names)
  return names.length > 0 && names.every((name) => typeof name === 'string') ? (names as string[]) : undefined
}

/** What text must begin with for `starts_with`, `^@`, `prefix`, or LIKE up to its first wildcard. */
function prefixOf(fn: string, value: Constant | null | undefined): Constant | undefined {
  if (value == null) return undefined
  const begins = fn === 'starts_with' || fn === 'prefix' || fn === '^@'
  if (value[0] === 'parameter') return begins ? value : undefined
  if (value[0] !== 'text') return undefined
  const prefix = begins ? value[1] : fn === '~~' ? /^[^%_]*/.exec(value[1])![0] : ''
  return prefix === '' ? undefined : ['text', prefix]
}
