import { setTimeout as pause } from 'node:timers/promises'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { throwIfAborted, VarveError } from '../../../src/errors.ts'

export const KiB = 1024
export const MiB = 1024 * KiB

/** Byte `i` of every test file: no two stretches of it look alike. */
export function byteAt(i: number): number {
  return ((i * 2654435761) >>> 13) & 0xff
}

export function bytesOf(start: number, end: number): Uint8Array {
  return Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i))
}

export interface FakeOptions {
  readonly size: number
  readonly name?: string
  readonly latencyMs?: number
  /** What to do instead of answering. */
  readonly fault?: (start: number, end: number, number: number) => VarveError | undefined
  /** Requests wait here until it resolves. */
  readonly gate?: () => Promise<void>
}

export interface FakeSource extends ByteSource {
  readonly requests: (readonly [start: number, end: number])[]
  readonly aborted: number
  readonly inFlight: number
  readonly mostInFlightBytes: number
  readonly closed: boolean
}

/** A file that counts what is asked of it. */
export function fakeSource({ size, name = 'file', latencyMs = 0, fault, gate }: FakeOptions): FakeSource {
  const requests: (readonly [number, number])[] = []
  let [aborted, inFlight, bytesInFlight, most, closed] = [0, 0, 0, 0, false]
  return {
    uri: `memory://test/${name}`,
    size,
    identity: 'one',
    requests,
    get aborted() {
      return aborted
    },
    get inFlight() {
      return inFlight
    },
    get mostInFlightBytes() {
      return most
    },
    get closed() {
      return closed
    },
    async read(start, end, { signal, allocate } = {}) {
      requests.push([start, end])
      inFlight++
      bytesInFlight += end - start
      most = Math.max(most, bytesInFlight)
      try {
        throwIfAborted(signal)
        if (latencyMs > 0) await pause(latencyMs, undefined, { signal })
        if (gate !== undefined) await Promise.race([gate(), whenAborted(signal)])
        const error = fault?.(start, end, requests.length)
        if (error !== undefined) throw error
        const target = new Uint8Array(allocate?.(end - start) ?? new ArrayBuffer(end - start), 0, end - start)
        for (let i = start; i < end; i++) target[i - start] = byteAt(i)
        return target
      } catch (error) {
        if (signal?.aborted) {
          aborted++
          throw new VarveError('aborted', 'cancelled')
        }
        throw error
      } finally {
        inFlight--
        bytesInFlight -= end - start
      }
    },
    async close() {
      closed = true
    },
  }
}

function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) =>
    signal?.addEventListener('abort', () => reject(new VarveError('aborted', 'cancelled')), { once: true }),
  )
}
