/** Expressions of the syntax tree that are constants. */

import type { Constant } from '../../scan/constants.ts'
import type { Argument } from '../../scan/types.ts'
import type { RunOptions } from '../types.ts'
import { type AstNode, listOf, nodeOf, textOf } from './ast.ts'
import { fold, isFolded } from './fold.ts'

/** The values of a PREPARE's parameters: EXECUTE gives them. */
export const DEFERRED = Symbol('deferred')

export type Params = RunOptions['params'] | typeof DEFERRED

/** The expression's value: `null` for NULL, `undefined` when it is no constant or not understood. */
export function constantOf(expression: AstNode | undefined, params: Params): Constant | null | undefined {
  switch (expression?.class) {
    case 'CONSTANT':
      return literal(nodeOf(expression.value))
    case 'PARAMETER': {
      const name = textOf(expression.identifier)
      return params === DEFERRED ? ['parameter', name] : parameter(name, params)
    }
    case 'CAST': {
      if (expression.try_cast === true) return undefined
      const inner = constantOf(nodeOf(expression.child), params)
      return inner == null ? inner : cast(inner, textOf(nodeOf(expression.cast_type)?.id))
    }
    case 'FUNCTION': {
      const operator = textOf(expression.function_name)
      if (!isFolded(operator)) return undefined
      const operands = listOf(expression.children).map((child) => constantOf(nodeOf(child), params))
      const known = operands.filter((operand) => operand != null)
      return known.length === operands.length ? fold(operator, known) : undefined
    }
    default:
      return undefined
  }
}

function literal(value: AstNode | undefined): Constant | null | undefined {
  if (value === undefined) return undefined
  if (value.is_null === true) return null
  const type = nodeOf(value.type)
  const id = textOf(type?.id)
  const raw = value.value
  if (id === 'BOOLEAN') return typeof raw === 'boolean' ? ['boolean', raw] : undefined
  if (id === 'VARCHAR') return typeof raw === 'string' ? ['text', raw] : undefined
  if (id === 'DOUBLE' || id === 'FLOAT') return typeof raw === 'number' ? ['double', raw] : undefined
  const whole = wholeNumber(raw)
  if (whole === undefined) return undefined
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(id)) return ['integer', `${whole}`]
  if (id === 'DECIMAL') {
    const scale = nodeOf(type?.type_info)?.scale
    return typeof scale === 'number' ? ['decimal', withScale(whole, scale)] : ['decimal', `${whole}`]
  }
  return undefined
}

function wholeNumber(raw: unknown): bigint | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? BigInt(raw) : undefined
  if (typeof raw === 'string') return /^-?\d+$/.test(raw) ? BigInt(raw) : undefined
  const parts = nodeOf(raw)
  if (parts === undefined) return undefined
  const upper = wholeNumber(parts.upper ?? 0)
  const lower = wholeNumber(parts.lower ?? 0)
  return upper === undefined || lower === undefined ? undefined : (upper << 64n) + lower
}

function withScale(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : ''
  const digits = `${value < 0n ? -value : value}`.padStart(scale + 1, '0')
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function parameter(name: string, params: RunOptions['params']): Constant | null | undefined {
  const value = parameterValue(name, params)
  switch (typeof value) {
    case 'boolean':
      return ['boolean', value]
    case 'bigint':
      return ['integer', `${value}`]
    case 'string':
      return ['text', value]
    case 'number':
      return Number.isSafeInteger(value) ? ['integer', `${value}`] : ['double', value]
    default:
      return value === null ? null : undefined
  }
}

/** The value given for `$name`, `$1` or the n-th `?` (whose name is its number). */
export function parameterValue(name: string, params: RunOptions['params']): Argument | undefined {
  if (params === undefined) return undefined
  if (Array.isArray(params)) return (params as readonly Argument[])[Number(name) - 1]
  return Object.hasOwn(params, name) ? (params as Readonly<Record<string, Argument>>)[name] : undefined
}

const INTEGERS = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/

function cast(inner: Constant, id: string): Constant | undefined {
  const [kind, value] = inner
  if (id === 'BOOLEAN') {
    if (kind === 'boolean') return inner
    if (kind !== 'text') return undefined
    return value === 't' || value === 'true'
      ? ['boolean', true]
      : value === 'f' || value === 'false'
        ? ['boolean', false]
        : undefined
  }
  if (INTEGERS.test(id)) {
    if (kind === 'integer') return inner
    return kind === 'text' && /^-?\d+$/.test(value) ? ['integer', value] : undefined
  }
  if (id === 'DOUBLE') {
    if (kind === 'double') return inner
    return kind === 'integer' || kind === 'decimal' ? ['double', Number(value)] : undefined
  }
  if (kind !== 'text') return undefined
  if (id === 'VARCHAR') return inner
  if (id === 'DATE') return ['date', value]
  if (id === 'TIMESTAMP') return ['timestamp', value]
  return id === 'TIMESTAMP WITH TIME ZONE' ? ['timestamptz', value] : undefined
}
