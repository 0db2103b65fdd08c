/** The table functions of varve, for every engine that offers them. */

import type { TableFunction } from '../types.ts'
import { indexInfo, rejects, varveIndex } from './index-info.ts'
import { readers } from './read.ts'
import { readSlice, slices } from './slices.ts'
import type { ScanFunction } from './types.ts'

export const SCAN_FUNCTIONS: readonly ScanFunction[] = [
  ...readers,
  readSlice,
  slices,
  indexInfo,
  varveIndex,
  rejects,
]

/** Their signatures alone, as plain values that travel to other threads and processes. */
export const TABLE_FUNCTIONS: readonly TableFunction[] = signaturesOf(SCAN_FUNCTIONS)

export function signaturesOf(functions: readonly ScanFunction[]): TableFunction[] {
  return functions.map(({ bind: _, ...signature }) => signature)
}
