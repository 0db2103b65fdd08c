/** SQL text is UTF-8; bytes that are not must not reach a database that believes it. */

import { isAscii, isUtf8 } from 'node:buffer'
import type { Utf8Builder } from '../builders.ts'

/**
 * Index of the first value at or after `row` that is not valid UTF-8, or -1.
 *
 * Nearly every slab is ASCII, which one native pass shows. Otherwise each value is looked at by itself: half
 * a character at the end of one value and the other half in the next make a valid slab of two invalid values.
 */
export function firstInvalidUtf8(builder: Utf8Builder, row = 0): number {
  if (isAscii(builder.view(row))) return -1
  for (let i = row; i < builder.length; i++) {
    if (!isUtf8(builder.value(i))) return i
  }
  return -1
}
