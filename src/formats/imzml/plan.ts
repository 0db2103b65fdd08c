/** What of the .ibd a block needs. Pure: no byte is read. */

import type { ByteRange } from '../blocks/types.ts'
import type { Condition } from '../types.ts'
import { storedBytes } from './kind.ts'
import { selectRows } from './select.ts'
import type { Spectra } from './window.ts'

export type ArrayName = 'mz' | 'intensity'

/** Where an array begins: in which of the ranges, and how far behind its start. */
export interface Place {
  readonly range: number
  readonly at: number
}

export interface Plan {
  readonly spectra: Spectra
  /** Those that are wanted. */
  readonly rows: readonly number[]
  readonly ranges: readonly ByteRange[]
  /** By row; of an array that is not read, undefined. */
  readonly places: Readonly<Partial<Record<ArrayName, readonly (Place | undefined)[]>>>
  /** All spectra have one m/z array, which is in none of the ranges. */
  readonly sharedMz: boolean
  readonly stored: (name: ArrayName, row: number) => number
}

interface Needed {
  readonly name: ArrayName
  readonly row: number
  readonly start: number
  readonly end: number
}

/** `size`: of the .ibd; `continuous`: what the file says of itself. What stands behind it is in no range: decoding says which spectrum is wrong. */
export function planBlock(
  spectra: Spectra,
  firstRow: number,
  wanted: readonly ArrayName[],
  conditions: readonly Condition[],
  { size, continuous }: { readonly size: number; readonly continuous: boolean },
): Plan {
  const rows = selectRows(spectra, firstRow, 0, spectra.length, conditions)
  const stored = (name: ArrayName, row: number): number => {
    const { kind, length, bytes } = spectra[name]
    return storedBytes(kind[row]!, length[row]!, bytes[row]!)
  }
  // Of one spectrum alone nobody knows, unless the file says so.
  const sharedMz = (continuous || spectra.length > 1) && isShared(spectra)
  const needed: Needed[] = []
  const places: Partial<Record<ArrayName, (Place | undefined)[]>> = {}
  for (const name of wanted) {
    if (name === 'mz' && sharedMz) continue
    places[name] = []
    for (const row of rows) {
      const start = spectra[name].offset[row]!
      const end = start + stored(name, row)
      if (start >= 0 && end <= size) needed.push({ name, row, start, end })
    }
  }
  return { spectra, rows, ranges: joined(needed, places), places, sharedMz, stored }
}

/** Arrays that touch become one range: whole spectra mostly stand one behind the other. */
function joined(needed: Needed[], places: Partial<Record<ArrayName, (Place | undefined)[]>>): ByteRange[] {
  const ranges: { start: number; end: number; companion: number }[] = []
  needed.sort((a, b) => a.start - b.start)
  for (const { name, row, start, end } of needed) {
    let last = ranges.at(-1)
    if (last === undefined || start > last.end) {
      last = { start, end, companion: 0 }
      ranges.push(last)
    } else last.end = Math.max(last.end, end)
    places[name]![row] = { range: ranges.length - 1, at: start - last.start }
  }
  return ranges
}

function isShared({ mz: { offset, length, bytes, kind } }: Spectra): boolean {
  return [offset, length, bytes, kind].every((column) => column.every((value) => value === column[0]))
}
