import { throwIfAborted } from '../errors.ts'
import { cancelled } from './abort.ts'
import { allocate as allocated, checkRange, readExactly } from './range.ts'
import type { ByteSource } from './types.ts'

export interface CoalesceOptions {
  /** Ranges at most this many bytes apart become one read; default 64 KiB, about what a request's latency costs. */
  readonly gap?: number | undefined
  /** No merged read is larger than this; default 16 MiB. */
  readonly maxBytes?: number | undefined
  /** Memory for merged reads, which are copied apart. Default: fresh for each, which keeps the garbage collector busy. */
  readonly memory?: ScratchMemory | undefined
}

export interface ScratchMemory {
  allocate(bytes: number): ArrayBuffer
  recycle(buffer: ArrayBuffer): void
}

interface Waiting {
  readonly start: number
  readonly end: number
  readonly signal: AbortSignal | undefined
  readonly allocate: ((bytes: number) => ArrayBuffer) | undefined
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

/** Ranges that become one read of [start, end). */
export interface Group<T> {
  readonly start: number
  readonly end: number
  readonly members: readonly T[]
}

/** A source that turns near ranges asked at the same time into one read; a range alone is passed on as it is. */
export function withCoalescing(source: ByteSource, options: CoalesceOptions = {}): ByteSource {
  const { gap = 64 * 1024, maxBytes = 16 * 1024 * 1024, memory } = options
  let waiting: Waiting[] = []

  function flush(): void {
    const batch = waiting
    waiting = []
    for (const group of groupRanges(batch, gap, maxBytes)) void readGroup(source, group, memory)
  }

  return {
    uri: source.uri,
    size: source.size,
    identity: source.identity,
    async read(start, end, { signal, allocate } = {}) {
      checkRange(source, start, end)
      throwIfAborted(signal)
      if (start === end) return new Uint8Array(0)
      return new Promise((resolve, reject) => {
        // Not a microtask: readers that were woken by the same event ask within the same turn of the loop.
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ start, end, signal, allocate, resolve, reject })
      })
    },
    close: async () => source.close?.(),
  }
}

/** Ranges in order of their start, merged where they overlap or lie at most `gap` apart. */
export function groupRanges<T extends { readonly start: number; readonly end: number }>(
  ranges: readonly T[],
  gap: number,
  maxBytes: number,
): Group<T>[] {
  const groups: { start: number; end: number; members: T[] }[] = []
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = groups.at(-1)
    const end = Math.max(last?.end ?? 0, range.end)
    if (last !== undefined && range.start - last.end <= gap && end - last.start <= maxBytes) {
      last.end = end
      last.members.push(range)
    } else groups.push({ start: range.start, end: range.end, members: [range] })
  }
  return groups
}

async function readGroup(
  source: ByteSource,
  { start, end, members }: Group<Waiting>,
  memory: ScratchMemory | undefined,
): Promise<void> {
  const [only] = members
  if (members.length === 1 && only !== undefined) {
    const { signal, allocate } = only
    readExactly(source, start, end, { signal, allocate }).then(only.resolve, only.reject)
    return
  }
  // The bytes stop when nobody waits for them any more.
  const controller = new AbortController()
  const left = new Set(members)
  const cleanups = members.map((member) => {
    const onAbort = (): void => {
      member.reject(cancelled(source.uri, member.signal))
      left.delete(member)
      if (left.size === 0) controller.abort()
    }
    if (member.signal?.aborted) onAbort()
    else member.signal?.addEventListener('abort', onAbort, { once: true })
    return () => member.signal?.removeEventListener('abort', onAbort)
  })
  const lent = new Set<ArrayBuffer>()
  const allocate =
    memory &&
    ((length: number): ArrayBuffer => {
      const buffer = memory.allocate(length)
      lent.add(buffer)
      return buffer
    })
  try {
    const bytes = await readExactly(source, start, end, { signal: controller.signal, allocate })
    // A copy each: whoever moves their array to another thread must not take the others' with it.
    for (const member of left) {
      const copy = allocated(member.end - member.start, member)
      copy.set(bytes.subarray(member.start - start, member.end - start))
      member.resolve(copy)
    }
    // Only of a read that went well it is certain that nothing is written there any more.
    const buffer = bytes.buffer as ArrayBuffer
    if (lent.has(buffer)) memory?.recycle(buffer)
  } catch (error) {
    for (const member of left) member.reject(error)
  } finally {
    for (const cleanup of cleanups) cleanup()
  }
}
