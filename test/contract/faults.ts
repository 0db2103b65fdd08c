import { describe, expect, it } from 'vitest'
import { memorySource } from '../../src/bytes/memory.ts'
import type { ByteSource } from '../../src/bytes/types.ts'
import { type ErrorCode, isVarveError, VarveError } from '../../src/errors.ts'
import { CONTENT, expectCode, expectSame } from './bytes.ts'

export type SourceFault = 'short' | 'long' | 'stall' | ErrorCode

/** A source that fails as it is told, once per fault in order, and then works. */
export interface FaultySource extends ByteSource {
  readonly faults: SourceFault[]
  /** Reads asked of it. */
  readonly reads: { readonly start: number; readonly end: number; readonly signal: AbortSignal | undefined }[]
}

export function faultySource(content: Uint8Array, ...faults: SourceFault[]): FaultySource {
  const inner = memorySource('memory://faulty/object', content)
  const reads: { start: number; end: number; signal: AbortSignal | undefined }[] = []
  return {
    ...inner,
    faults,
    reads,
    async read(start, end, { signal } = {}) {
      reads.push({ start, end, signal })
      const fault = faults.shift()
      if (fault === undefined) return inner.read(start, end, { signal })
      if (fault === 'short') return content.slice(start, Math.max(start, end - 1))
      if (fault === 'long') return content.slice(start, end + 1)
      if (fault === 'stall') return new Promise(() => {})
      throw new VarveError(fault, `injected ${fault} at memory://faulty/object`)
    },
  }
}

/** What every wrapper promises about a source that fails: the right bytes or an error, never other bytes. */
export function wrapperContract(name: string, wrap: (source: ByteSource) => ByteSource): void {
  describe(`wrapper contract: ${name}`, () => {
    it.each(['short', 'long'] as const)('never passes on a %s read', async (fault) => {
      const wrapped = wrap(faultySource(CONTENT, fault))
      const outcome = await wrapped.read(100_000, 200_000).catch((error: unknown) => error)
      if (outcome instanceof Uint8Array) expectSame(outcome, CONTENT.subarray(100_000, 200_000))
      else expect(isVarveError(outcome, 'unavailable')).toBe(true)
      expectSame(await wrapped.read(100_000, 200_000), CONTENT.subarray(100_000, 200_000))
    })

    it.each(['stale', 'not-found', 'denied', 'aborted', 'invalid-data', 'internal'] as const)(
      'passes %s on after one try, and works again after it',
      async (code) => {
        const source = faultySource(CONTENT, code)
        const wrapped = wrap(source)
        await expectCode(wrapped.read(100_000, 200_000), code, 'memory://faulty/object')
        expect(source.reads).toHaveLength(1)
        expectSame(await wrapped.read(100_000, 200_000), CONTENT.subarray(100_000, 200_000))
      },
    )

    it('tells the source when its only reader cancels', async () => {
      const source = faultySource(CONTENT, 'stall')
      const controller = new AbortController()
      const read = wrap(source).read(100_000, 200_000, { signal: controller.signal })
      read.catch(() => {})
      await expect.poll(() => source.reads.length).toBe(1)
      controller.abort()
      await expect.poll(() => source.reads[0]?.signal?.aborted).toBe(true)
    })

    it('closes the source', async () => {
      let closed = 0
      const source = { ...faultySource(CONTENT), close: async () => void closed++ }
      await wrap(source).close?.()
      expect(closed).toBe(1)
    })
  })
}
