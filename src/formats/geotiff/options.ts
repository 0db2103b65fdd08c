/** `level`, `pixels`, `window`. */

import { VarveError } from '../../errors.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options } from '../text/types.ts'
import type { Box } from './types.ts'

export const OPTION_NAMES = ['level', 'pixels', 'window'] as const

export interface ReadOptions {
  readonly level: number
  readonly pixels: boolean
  readonly window: Box | undefined
}

/** `invalid-input` for what is unknown or cannot be. */
export function readOptions(options: Options): ReadOptions {
  checkOptionNames('geotiff', options, OPTION_NAMES)
  const { level = 0, pixels = false, window } = options
  if (typeof level !== 'number' || !Number.isSafeInteger(level) || level < 0)
    throw wrong('level', level, 'a whole number from 0, full resolution')
  if (typeof pixels !== 'boolean') throw wrong('pixels', pixels, 'true or false')
  return { level, pixels, window: window === undefined ? undefined : boxOf(window) }
}

function boxOf(window: unknown): Box {
  const expected = '[col, row, width, height] in pixels of the level'
  if (!Array.isArray(window) || window.length !== 4 || !window.every((one) => Number.isSafeInteger(one)))
    throw wrong('window', window, expected)
  const [col, row, width, height] = window as [number, number, number, number]
  if (width < 0 || height < 0) throw wrong('window', window, `${expected}, with a width and height from 0`)
  return { col, row, width, height }
}

/** The part of a window inside a raster; empty where they do not meet. */
export function clipped(window: Box, width: number, height: number): Box {
  const col = Math.min(Math.max(window.col, 0), width)
  const row = Math.min(Math.max(window.row, 0), height)
  const right = Math.max(col, Math.min(window.col + window.width, width))
  const bottom = Math.max(row, Math.min(window.row + window.height, height))
  return { col, row, width: right - col, height: bottom - row }
}

function wrong(option: string, value: unknown, expected: string): VarveError {
  const shown = JSON.stringify(value) ?? String(value)
  return new VarveError('invalid-input', `geotiff: ${option} is ${shown}, expected ${expected}`, { option })
}
