/** Sorting more than fits into memory: sorted runs on the disk, merged. */

import { throwIfAborted } from '../../errors.ts'
import { type Entry, openSpill, type Run, type Spill } from './spill.ts'

export interface Keyed<T> {
  readonly key: string
  readonly value: T
}

export interface SortOptions<T> {
  /** A value as text, and back; asked only for what goes to the disk. */
  encode(value: T): string
  decode(text: string): T
  /** Items in memory at a time; default 50,000. */
  readonly runs?: number | undefined
  /** Where the temporary file is; default the system's folder for such. */
  readonly folder?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Bytes read ahead, for all runs together, and for each of them. */
const READ_AHEAD = 16 * 1024 * 1024
const MOST_PER_RUN = 256 * 1024
const LEAST_PER_RUN = 16 * 1024

/**
 * The items in the order of their keys, compared with `<`; those with equal keys in the order in which they came.
 * Nothing is left on the disk, however it ends.
 */
export async function* sortByKey<T>(
  items: AsyncIterable<Keyed<T>>,
  options: SortOptions<T>,
): AsyncGenerator<Keyed<T>> {
  const { encode, decode, runs: most = 50_000, folder, signal } = options
  const runs: Run[] = []
  let spill: Spill | undefined
  let held: Keyed<T>[] = []
  try {
    for await (const item of items) {
      throwIfAborted(signal)
      held.push(item)
      if (held.length < most) continue
      spill ??= await openSpill(folder)
      runs.push(await spill.write(encoded(sorted(held), encode)))
      held = []
    }
    throwIfAborted(signal)
    sorted(held)
    if (spill === undefined) {
      yield* held
      return
    }
    // The last run need not go to the disk.
    const last = [...encoded(held, encode)]
    held = []
    const piece = Math.min(MOST_PER_RUN, Math.max(LEAST_PER_RUN, Math.floor(READ_AHEAD / runs.length)))
    const open = spill
    for await (const { key, text } of merge([...runs.map((run) => open.read(run, piece)), once(last)])) {
      throwIfAborted(signal)
      yield { key, value: decode(text) }
    }
  } finally {
    await spill?.close()
  }
}

/** In place; JavaScript's sort keeps the order of equals. */
function sorted<T>(items: Keyed<T>[]): Keyed<T>[] {
  return items.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

function* encoded<T>(items: readonly Keyed<T>[], encode: (value: T) => string): Generator<Entry> {
  for (const { key, value } of items) yield { key, text: encode(value) }
}

async function* once(entries: Entry[]): AsyncGenerator<Entry[]> {
  if (entries.length > 0) yield entries
}

/** The front of a run while it is merged. */
interface Front {
  readonly order: number
  readonly rest: AsyncGenerator<Entry[]>
  entries: Entry[]
  at: number
}

/** Of sorted runs, one sorted sequence; of equal keys the earlier run's come first. */
async function* merge(runs: readonly AsyncGenerator<Entry[]>[]): AsyncGenerator<Entry> {
  const heap: Front[] = []
  for (const [order, rest] of runs.entries()) {
    const front = { order, rest, entries: [], at: 0 }
    if (await refill(front)) heap.push(front)
  }
  for (let i = heap.length >> 1; i >= 0; i--) sink(heap, i)
  for (let first = heap[0]; first !== undefined; first = heap[0]) {
    yield first.entries[first.at]!
    if (++first.at === first.entries.length && !(await refill(first))) {
      const last = heap.pop()!
      if (heap.length === 0) return
      if (last !== first) heap[0] = last
    }
    sink(heap, 0)
  }
}

async function refill(front: Front): Promise<boolean> {
  const next = await front.rest.next()
  front.at = 0
  front.entries = next.done === true ? [] : next.value
  return next.done !== true
}

function sink(heap: Front[], from: number): void {
  for (let at = from; ; ) {
    let least = at
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child
    if (least === at) return
    const moved = heap[at]!
    heap[at] = heap[least]!
    heap[least] = moved
    at = least
  }
}

function isBefore(a: Front, b: Front): boolean {
  const [x, y] = [a.entries[a.at]!.key, b.entries[b.at]!.key]
  return x < y || (x === y && a.order < b.order)
}
