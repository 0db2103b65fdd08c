/** Which spectra of a block a WHERE wants: of the others no byte is read. Advice only, so what is not understood keeps. */

import type { Condition } from '../types.ts'
import type { Spectra } from './window.ts'

type Test = (row: number) => boolean

/** Rows [from, to) of the block that may fulfil the conditions; `firstRow`: the ordinal of its row 0. */
export function selectRows(
  spectra: Spectra,
  firstRow: number,
  from: number,
  to: number,
  conditions: readonly Condition[],
): number[] {
  const tests = conditions.flatMap((condition): Test[] => {
    const holds = testOf(condition)
    if (holds === undefined) return []
    const { column } = condition
    if (column === 'spectrum') return [(row) => holds(firstRow + row)]
    if (column !== 'x' && column !== 'y' && column !== 'z') return []
    const values = spectra[column]
    return [(row) => holds(values[row]!)]
  })
  const rows: number[] = []
  for (let row = from; row < to; row++) if (tests.every((test) => test(row))) rows.push(row)
  return rows
}

/** Of a whole number that is never NULL. */
function testOf({ op, values }: Condition): ((value: number) => boolean) | undefined {
  const numbers = values.filter((value) => typeof value === 'number' || typeof value === 'bigint').map(Number)
  // Not a number is larger than all others in SQL.
  if (numbers.length !== values.length || numbers.length === 0 || !numbers.every(Number.isFinite))
    return undefined
  switch (op) {
    case '=':
    case 'in': {
      const set = new Set(numbers)
      return (value) => set.has(value)
    }
    case '<':
      return (value) => numbers.some((number) => value < number)
    case '<=':
      return (value) => numbers.some((number) => value <= number)
    case '>':
      return (value) => numbers.some((number) => value > number)
    case '>=':
      return (value) => numbers.some((number) => value >= number)
    default:
      return undefined
  }
}
