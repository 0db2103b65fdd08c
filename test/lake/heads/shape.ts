/** Whether a report holds what HEAD_COLUMNS promise: known kinds and fields, values that their types hold. */

import { expect } from 'vitest'
import type { DataType } from '../../../src/formats/batch.ts'
import { HEAD_COLUMNS, type HeadReport } from '../../../src/lake/ingest/heads/index.ts'
import type { Value } from '../../../src/lake/types.ts'

export function expectShape(report: HeadReport): void {
  for (const [kind, row] of Object.entries(report.columns)) {
    const field = HEAD_COLUMNS.find(({ name }) => name === kind)
    if (field === undefined) expect.fail(`there is no column ${kind}`)
    const wrong = misfit(row, field.type)
    if (wrong !== undefined) expect.fail(`${kind}${wrong}`)
  }
  if (report.problem !== undefined) expect(report.problem).not.toMatch(/undefined|\[object|unreachable/)
}

/** Where and how a value does not fit its type. */
function misfit(value: Value | undefined, type: DataType): string | undefined {
  if (value === null || value === undefined) return undefined
  const wrong = ` is ${String(value)} (${typeof value}), expected ${type.kind}`
  switch (type.kind) {
    case 'struct': {
      const entries = Object.entries(value as Record<string, Value>)
      for (const [name, item] of entries) {
        const field = type.fields.find((known) => known.name === name)
        if (field === undefined) return `.${name} is no field`
        const below = misfit(item, field.type)
        if (below !== undefined) return `.${name}${below}`
      }
      return undefined
    }
    case 'list':
      return Array.isArray(value) ? value.map((item) => misfit(item, type.item)).find(Boolean) : wrong
    case 'utf8':
      return typeof value === 'string' ? undefined : wrong
    case 'bool':
      return typeof value === 'boolean' ? undefined : wrong
    case 'float64':
      return typeof value === 'number' ? undefined : wrong
    case 'int32':
    case 'date':
      return ((value as number) | 0) === value ? undefined : wrong
    case 'int64':
    case 'timestamp':
      return typeof value === 'bigint' && value >= -(2n ** 63n) && value < 2n ** 63n ? undefined : wrong
    default:
      return wrong
  }
}
