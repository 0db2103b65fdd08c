import { isVarveError, throwIfAborted } from '../errors.ts'
import { unlessAborted } from './abort.ts'
import { type BlockCacheOptions, BlockStore, blockKey } from './blocks.ts'
import { allocate, checkRange, readExactly } from './range.ts'
import type { ByteSource } from './types.ts'

/** Blocks fetched by one read of the source, at most. */
const MAX_RUN_BYTES = 16 * 1024 * 1024
/** Blocks not yet on the disk; beyond that, reading waits for writing. */
const MAX_PENDING = 32

export interface BlockCache {
  /** `source` with its blocks kept on the disk. */
  wrap(source: ByteSource): ByteSource
  /** Resolves when everything that was fetched so far is written. */
  flush(): Promise<void>
}

/**
 * A cache of aligned blocks in a folder, for any number of sources and processes. A block belongs to one identity,
 * so an object that was overwritten has none; a damaged one is deleted and fetched again, never delivered.
 */
export function openBlockCache(options: BlockCacheOptions): BlockCache {
  const store = new BlockStore(options)
  const fetching = new Map<string, Promise<Uint8Array>>()
  const writing = new Set<Promise<void>>()

  /** Writes a block; until it is on the disk, whoever wants it finds it in `fetching`. */
  function keep(key: Buffer, name: string, bytes: Uint8Array): void {
    const written = store.put(key, bytes).finally(() => {
      fetching.delete(name)
      writing.delete(written)
    })
    writing.add(written)
  }

  async function flush(): Promise<void> {
    await Promise.all(writing)
  }

  return {
    flush,
    wrap: (source) => {
      const { uri, size, identity } = source
      const { blockBytes } = store
      const lengthOf = (index: number): number => Math.min(blockBytes, size - index * blockBytes)
      const nameOf = (index: number): string => blockKey(source, blockBytes, index).toString('hex')
      const isFetching = (index: number): boolean => fetching.size > 0 && fetching.has(nameOf(index))

      /** Blocks [first, last] in one read; others who ask for one of them meanwhile wait for it. */
      function fetchRun(first: number, last: number, signal: AbortSignal | undefined): Promise<Uint8Array>[] {
        const run = readExactly(source, first * blockBytes, last * blockBytes + lengthOf(last), { signal })
        return Array.from({ length: last - first + 1 }, (_, offset) => {
          const key = blockKey(source, blockBytes, first + offset)
          const name = nameOf(first + offset)
          const block = run.then((bytes) => {
            const from = offset * blockBytes
            const part = bytes.subarray(from, from + lengthOf(first + offset))
            keep(key, name, part)
            return part
          })
          block.catch(() => fetching.delete(name))
          fetching.set(name, block)
          return block
        })
      }

      /** A block that another read is fetching right now. */
      async function joined(index: number): Promise<Uint8Array | undefined> {
        if (!isFetching(index)) return undefined
        try {
          return await fetching.get(nameOf(index))
        } catch (error) {
          // It was cancelled by whoever began it, which says nothing about us.
          if (isVarveError(error, 'aborted')) return undefined
          throw error
        }
      }

      /** Into `target`, or from whoever is fetching it. */
      async function kept(index: number, target: Uint8Array): Promise<Uint8Array | undefined> {
        const other = await joined(index)
        if (other !== undefined) return other
        return (await store.get(blockKey(source, blockBytes, index), target)) ? target : undefined
      }

      async function fetchMissing(
        missing: readonly number[],
        signal: AbortSignal | undefined,
        place: (index: number, block: Uint8Array) => void,
      ): Promise<void> {
        // Looked up again: while the disk was asked, another read may have begun to fetch the same blocks.
        const [others, ours] = [missing.filter(isFetching), missing.filter((index) => !isFetching(index))]
        const fetched = runs(ours).flatMap(([first, last]) =>
          fetchRun(first, last, signal).map(async (block, offset) => place(first + offset, await block)),
        )
        const shared = others.map(async (index) => {
          const block = await unlessAborted(joined(index), signal, uri)
          if (block !== undefined) place(index, block)
          else await fetchMissing([index], signal, place)
        })
        await Promise.all([...fetched, ...shared])
      }

      return {
        uri,
        size,
        identity,
        async read(start, end, options = {}) {
          const { signal } = options
          checkRange(source, start, end)
          throwIfAborted(signal)
          if (start === end) return new Uint8Array(0)
          const first = Math.floor(start / blockBytes)
          const last = Math.floor((end - 1) / blockBytes)
          const result = allocate(end - start, options)
          /** The block's own place in the result where it is wanted whole, else memory beside it. */
          const spaceFor = (index: number): Uint8Array => {
            const [at, length] = [index * blockBytes, lengthOf(index)]
            if (at < start || at + length > end) return allocate(length)
            return result.subarray(at - start, at - start + length)
          }
          const place = (index: number, block: Uint8Array): void => {
            const at = index * blockBytes
            const [from, to] = [Math.max(start, at), Math.min(end, at + block.length)]
            result.set(block.subarray(from - at, to - at), from - start)
          }
          const perRun = Math.max(1, Math.floor(MAX_RUN_BYTES / blockBytes))
          for (let from = first; from <= last; from += perRun) {
            const indexes = range(from, Math.min(last, from + perRun - 1))
            const spaces = indexes.map(spaceFor)
            const asked = indexes.map((index, i) => kept(index, spaces[i]!))
            const blocks = await unlessAborted(Promise.all(asked), signal, uri)
            const missing: number[] = []
            for (const [i, index] of indexes.entries()) {
              const block = blocks[i]
              if (block === undefined) missing.push(index)
              else if (block.buffer !== result.buffer) place(index, block)
            }
            await fetchMissing(missing, signal, place)
            if (writing.size > MAX_PENDING) await flush()
          }
          return result
        },
        async forget() {
          await flush()
          const blocks = range(0, Math.ceil(size / blockBytes) - 1)
          for (const index of blocks) await store.remove(blockKey(source, blockBytes, index))
          await source.forget?.()
        },
        async close() {
          await flush()
          await source.close?.()
        },
      }
    },
  }
}

/** `source` with its blocks kept in `cache`. */
export function withBlockCache(source: ByteSource, cache: BlockCache): ByteSource {
  return cache.wrap(source)
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** Stretches of consecutive numbers, both ends inclusive. */
function runs(indexes: readonly number[]): (readonly [number, number])[] {
  const found: [number, number][] = []
  for (const index of indexes) {
    const last = found.at(-1)
    if (last !== undefined && last[1] + 1 === index) last[1] = index
    else found.push([index, index])
  }
  return found
}
