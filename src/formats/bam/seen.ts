/** The tags of a file's first records: the header does not declare them. */

import { FIXED, leastSizeOf, sizeOf, wrongFields } from './record.ts'
import { samType, TAG_TYPES, type TagType } from './tag-columns.ts'
import { keyAt, tagOf, valueEnd } from './tags.ts'

/** Files are alike from one end to the other, but for tags of supplementary alignments and the like. */
const MOST_RECORDS = 2000
const MOST_TAGS = 500

/** The type of each, as its first value has it; damage is for the reader to tell of. */
export function seenTags(head: Uint8Array, start: number, references: number): Record<string, TagType> {
  const seen = new Map<number, TagType>()
  let at = start
  for (let i = 0; i < MOST_RECORDS && at + FIXED <= head.length; i++) {
    if (wrongFields(head, at, references) !== undefined) break
    const end = at + 4 + sizeOf(head, at)
    if (end > head.length) break
    for (let tag = at + 4 + leastSizeOf(head, at); tag + 3 <= end; ) {
      const type = head[tag + 2]!
      const next = valueEnd(head, tag + 3, type, end)
      if (next < 0) break
      const key = keyAt(head, tag)
      if (!seen.has(key) && seen.size < MOST_TAGS) {
        const shown = samType(type)
        seen.set(key, isTagType(shown) ? shown : 'f')
      }
      tag = next
    }
    at = end
  }
  return Object.fromEntries([...seen].map(([key, type]) => [tagOf(key), type]))
}

function isTagType(type: string): type is TagType {
  return (TAG_TYPES as readonly string[]).includes(type)
}
