import { readExactly } from './range.ts'
import type { ByteSource } from './types.ts'

/** Counts requests to stores and the bytes of their bodies, over all threads that share its memory. */
export interface Meter {
  /** Hand this to another thread and give it to `createMeter` or `adoptMeter` there. */
  readonly shared: SharedArrayBuffer
  add(requests: number, bytes: number): void
  read(): { readonly requests: number; readonly bytes: number }
}

export function createMeter(shared: SharedArrayBuffer = new SharedArrayBuffer(16)): Meter {
  const cells = new BigInt64Array(shared)
  return {
    shared,
    add(requests, bytes) {
      Atomics.add(cells, 0, BigInt(requests))
      Atomics.add(cells, 1, BigInt(bytes))
    },
    read() {
      return { requests: Number(Atomics.load(cells, 0)), bytes: Number(Atomics.load(cells, 1)) }
    },
  }
}

let current: Meter | undefined

/** What every store of this thread counts into, unless it was opened with a meter of its own. */
export function threadMeter(): Meter {
  return (current ??= createMeter())
}

/** Lets this thread's stores count into another thread's meter. */
export function adoptMeter(shared: SharedArrayBuffer): Meter {
  return (current = createMeter(shared))
}

/** Counts each read of `source`, and the bytes it gave. */
export function withMeter(source: ByteSource, meter: Meter): ByteSource {
  return {
    uri: source.uri,
    size: source.size,
    identity: source.identity,
    async read(start, end, options) {
      meter.add(1, 0)
      const bytes = await readExactly(source, start, end, options)
      meter.add(0, bytes.length)
      return bytes
    },
    close: async () => source.close?.(),
  }
}
