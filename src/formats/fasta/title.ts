const CR = 13
const SPACE = 32
const TAB = 9

export interface TitleWords {
  /** The id begins here. */
  readonly id: number
  /** The id ends here. */
  readonly idEnd: number
  /** The description is [from, to); nothing when it is empty. */
  readonly from: number
  readonly to: number
}

/**
 * The words of a title, which is bytes[start, end) without its `>`: the first one is the id, the rest the description.
 * White space before the id is passed over, as samtools does and kseq does not.
 */
export function titleWords(bytes: Uint8Array, start: number, end: number): TitleWords {
  const to = end > start && bytes[end - 1] === CR ? end - 1 : end
  const isBlank = (at: number): boolean => bytes[at] === SPACE || bytes[at] === TAB
  let id = start
  while (id < to && isBlank(id)) id++
  let idEnd = id
  while (idEnd < to && !isBlank(idEnd)) idEnd++
  let from = idEnd
  while (from < to && isBlank(from)) from++
  return { id, idEnd, from, to }
}
