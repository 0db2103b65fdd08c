/** One FASTQ record line by line, wrapped or not, and where the next one begins behind a bad one. */

const LF = 10
const CR = 13
const PLUS = 43
const AT = 64

/** What is taken for a record behind a bad one is no longer than this. */
const LONGEST = 64 << 20

/** Bytes [from, to) of a line, without its end. */
export type Span = readonly [from: number, to: number]

export interface FoundRecord {
  readonly title: Span
  readonly sequence: readonly Span[]
  readonly plus: Span
  readonly quality: readonly Span[]
  /** Where the next record begins, or blank lines before it. */
  readonly next: number
}

/** End of a line's text: before its CR, when it has one. */
export function textEnd(bytes: Uint8Array, start: number, lineEnd: number): number {
  return lineEnd > start && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
}

/**
 * The record whose title begins at `at`: any number of sequence lines, `+`, quality lines until the lengths agree.
 * A text says what is wrong with it; `undefined`: it does not end before `end`, which is not the end of the file.
 */
export function readRecord(
  bytes: Uint8Array,
  buffer: Buffer,
  at: number,
  end: number,
  final: boolean,
): FoundRecord | string | undefined {
  let line = at
  const next = (): Span | undefined => {
    const feed = buffer.indexOf(LF, line)
    if (feed < 0 && (!final || line >= end)) return undefined
    const stop = feed < 0 ? end : feed
    const span = [line, textEnd(bytes, line, stop)] as const
    line = feed < 0 ? end : feed + 1
    return span
  }
  const more = (part: string): string | undefined =>
    final ? `ends in the middle, expected its ${part}` : undefined

  const title = next()
  if (title === undefined) return undefined
  const sequence: Span[] = []
  let bases = 0
  let plus: Span
  for (;;) {
    const span = next()
    if (span === undefined) return more('sequence')
    const [from, to] = span
    plus = span
    if (bytes[from] === PLUS && to > from) break
    // An endless search would make a broken file cost its square: no title stands inside a sequence.
    if (bytes[from] === AT && sequence.length > 0)
      return 'has no line that starts with "+" before the next title'
    sequence.push(span)
    bases += to - from
  }
  const quality: Span[] = []
  let values = 0
  while (values < bases) {
    const span = next()
    if (span === undefined) return final && values > 0 ? unequal(values, bases) : more('quality')
    quality.push(span)
    values += span[1] - span[0]
  }
  if (values !== bases) {
    // With one line of bases, it is the one line of values that has the wrong length, not what follows it.
    if (sequence.length === 1) values = quality[0]![1] - quality[0]![0]
    return unequal(values, bases)
  }
  // Without a base there may still be an (empty) quality line; it is white space like any other.
  return { title, sequence, plus, quality, next: line }
}

function unequal(values: number, bases: number): string {
  return `has ${values} quality values, expected ${bases}, one for each base`
}

/**
 * The first line behind `bad` (the beginning of a record that is none) that begins a record; `end` when the file holds
 * none; -1 when more bytes are needed.
 */
export function recordBehind(
  bytes: Uint8Array,
  buffer: Buffer,
  bad: number,
  end: number,
  final: boolean,
): number {
  for (let feed = buffer.indexOf(LF, bad); feed >= 0 && feed + 1 < end; feed = buffer.indexOf(LF, feed + 1)) {
    const line = feed + 1
    if (bytes[line] !== AT) continue
    const found = readRecord(bytes, buffer, line, end, final)
    if (found === undefined && end - line < LONGEST) return -1
    if (found === undefined || typeof found === 'string') continue
    const { sequence, next } = found
    // Behind a quality line that begins with "@" stands a title or more quality, not a sequence.
    if (sequence.length === 0 || bytes[sequence[0]![0]] === AT) continue
    if (hasPlainPlus(buffer, found)) return line
    // Four lines of a wrapped quality may look like a record, too, but not what stands behind them.
    if (next >= end && !final) return -1
    const follower = bytes[next]
    if (next >= end || follower === AT || follower === LF || follower === CR) return line
  }
  return final ? end : -1
}

/** Whether `+` stands alone or before the title, as tools write it; in a quality hardly ever. */
function hasPlainPlus(buffer: Buffer, { title, plus }: FoundRecord): boolean {
  const [from, to] = plus
  if (to - from === 1) return true
  return buffer.compare(buffer, title[0] + 1, title[1], from + 1, to) === 0
}
