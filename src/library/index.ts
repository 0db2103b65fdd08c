/** The library's way in. */

import type { VarveOptions } from './types.ts'
import { Varve } from './varve.ts'

/** Makes a `Varve`; nothing is started or opened before it is needed. */
export function createVarve(options: VarveOptions = {}): Varve {
  return new Varve(options)
}
