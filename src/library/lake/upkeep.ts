/** The verbs that keep a lake clean and prove it whole. */

import type { Lake } from '../../lake/types.ts'
import { gc } from '../../lake/upkeep/gc.ts'
import { verify } from '../../lake/upkeep/verify.ts'
import type { LakeVerbs } from '../lake-types.ts'

export function upkeepVerbs(lake: Lake): Pick<LakeVerbs, 'gc' | 'verify'> {
  return {
    gc: (options = {}) => gc(lake, options),
    verify: (what, options = {}) => verify(lake, what, options),
  }
}
