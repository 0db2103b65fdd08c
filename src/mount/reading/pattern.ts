/** How a file is being read, and what to fetch for it: pure, one per open file. */

const KiB = 1024
const MiB = 1024 * KiB

/** The first request of a file that is read from its beginning. */
export const FIRST = MiB
/** The kernel asks for no more at a time when it reads ahead, so a read of this size has likely more behind it. */
const KERNEL_READ = 128 * KiB
const RANDOM_BLOCK = 128 * KiB
const RANDOM_READ = 256 * KiB
/** The kernel's own requests, of up to 1 MiB, overtake one another by so much. */
const DISORDER = 4 * MiB
/** A step forward of this size is no new place. */
const STEP = 256 * KiB
/** So many bytes in order make a sequential reader; more are needed where one came by a seek. */
const SEQUENTIAL_FROM_START = 256 * KiB
const SEQUENTIAL_FROM_SEEK = 768 * KiB
/** The window, in multiples of what was read in order: the most that is fetched in vain when a reader stops. */
const AHEAD = 4
const MAX_WINDOW = 32 * MiB
const MAX_PART = 4 * MiB
/** Places that one open file is read at, side by side. */
const MAX_CURSORS = 4

interface Cursor {
  readonly fromStart: boolean
  /** Behind the furthest byte read. */
  next: number
  /** Behind the furthest byte that was asked for ahead. */
  frontier: number
  /** Bytes read in order. */
  run: number
}

export interface Range {
  readonly start: number
  readonly end: number
}

export interface Plan {
  /** What is fetched when bytes of the read are missing: at least the read. */
  readonly demand: Range
  /** Ranges to fetch ahead, in order; `asked` is told up to where they were. */
  readonly ahead: readonly Range[]
  asked(end: number): void
  /** Everything before it has been read by this reader. */
  readonly behind: number
}

export interface Pattern {
  /** A reader of bytes in order is worth a part of the memory. */
  readonly isSequential: boolean
  /** Plans a read; `maxWindow` is this reader's share of the memory. */
  read(start: number, end: number, maxWindow: number): Plan
}

export function createPattern(size: number): Pattern {
  /** Most recently used first. */
  let cursors: Cursor[] = []

  function cursorFor(start: number): Cursor | undefined {
    return cursors.find(
      ({ next, frontier }) => start >= next - DISORDER && start <= Math.max(frontier, next + STEP),
    )
  }

  function begin(start: number): Cursor {
    const fromStart = start === 0
    return { fromStart, next: start, frontier: fromStart ? Math.min(FIRST, size) : start, run: 0 }
  }

  return {
    get isSequential() {
      return cursors.some((cursor) => isSequential(cursor))
    },
    read(start, end, maxWindow) {
      const known = cursorFor(start)
      const cursor = known ?? begin(start)
      cursors = [cursor, ...cursors.filter((other) => other !== cursor)].slice(0, MAX_CURSORS)
      const contiguous = known !== undefined && start <= cursor.next
      cursor.run += Math.max(0, Math.min(end - cursor.next, end - start))
      cursor.next = Math.max(cursor.next, end)
      const first = known === undefined && cursor.fromStart
      const demand = first ? { start: 0, end: Math.max(FIRST, end) } : blockOf(start, end, contiguous)
      cursor.frontier = Math.max(cursor.frontier, cursor.next)
      return {
        demand: { start: demand.start, end: Math.min(size, demand.end) },
        ahead: isSequential(cursor) ? partsAhead(cursor, size, maxWindow) : [],
        asked: (to) => {
          cursor.frontier = Math.max(cursor.frontier, to)
        },
        behind: isSequential(cursor) ? Math.max(0, cursor.next - DISORDER) : 0,
      }
    },
  }
}

function isSequential({ fromStart, run }: Cursor): boolean {
  return run >= (fromStart ? SEQUENTIAL_FROM_START : SEQUENTIAL_FROM_SEEK)
}

/** A small read gets its aligned block, a large one what likely follows; a continued one exactly what it asks. */
function blockOf(start: number, end: number, contiguous: boolean): Range {
  if (end - start >= KERNEL_READ) return { start, end: contiguous ? end : Math.max(end, start + RANDOM_READ) }
  return {
    start: Math.floor(start / RANDOM_BLOCK) * RANDOM_BLOCK,
    end: Math.ceil(end / RANDOM_BLOCK) * RANDOM_BLOCK,
  }
}

/** The window ahead of a cursor in parts, about eight of which are on their way at a time. */
function partsAhead({ next, frontier, run }: Cursor, size: number, maxWindow: number): Range[] {
  const window = Math.max(MiB, Math.min(AHEAD * run, maxWindow, MAX_WINDOW))
  const part = Math.max(MiB, Math.min(MAX_PART, 2 ** Math.floor(Math.log2(window / 8))))
  const parts: Range[] = []
  for (let at = frontier; at < size; at = Math.min(size, at + part)) {
    const end = Math.min(size, at + part)
    // Whole parts only, or every read would ask for a little more.
    if (end > next + window) break
    parts.push({ start: at, end })
  }
  return parts
}
