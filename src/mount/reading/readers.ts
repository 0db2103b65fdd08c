import { withChecksum } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import type { OpenFile, ReaderFactory } from '../types.ts'
import { createBudget } from './budget.ts'
import { createBuffers } from './buffers.ts'
import { createPattern, type Pattern } from './pattern.ts'
import type { Piece } from './pieces.ts'
import { type Shared, SharedFile } from './shared-file.ts'

export interface ReaderOptions {
  /** Memory for all open files; default 256 MiB. */
  readonly memory?: number | undefined
  /** A wrapper around every source, such as the cache on the disk. */
  readonly wrap?: ((source: ByteSource) => ByteSource) | undefined
  /** When a read of a source that stays unavailable fails, in ms; default 55,000. */
  readonly deadlineMs?: number | undefined
}

const MEMORY = 256 * 2 ** 20
/** Buffers kept for the next piece, beyond what is held. */
const IDLE = 16 * 2 ** 20
/** A reader that goes on uses its pieces sooner. */
const STALE_MS = 2000

interface Entry {
  readonly file: SharedFile
  readers: number
}

/** Outside of every cache, which may hold what came wrong. */
function checked(source: ByteSource, sha256: string | undefined): ByteSource {
  return sha256 === undefined ? source : withChecksum(source, sha256)
}

/** Readers of any number of files, with prefetch, within one budget of memory. */
export function createReaders(options: ReaderOptions = {}): ReaderFactory {
  const { memory = MEMORY, wrap = (source: ByteSource) => source, deadlineMs } = options
  const entries = new Map<string, Entry>()
  const patterns = new Set<Pattern>()
  const counts = { requests: 0, fetched: 0, delivered: 0 }
  const budget = createBudget(memory, evict)
  const shared: Shared = { budget, buffers: createBuffers(Math.min(IDLE, memory)), counts, deadlineMs }
  let closed = false

  /** The least recently used first; what is on its way, or waited for, stays. */
  function evict(bytes: number, stale: boolean): void {
    const before = stale ? performance.now() - STALE_MS : Number.POSITIVE_INFINITY
    const idle: { readonly piece: Piece; readonly file: SharedFile }[] = []
    for (const { file } of entries.values())
      for (const piece of file.pieces)
        if (piece.waiting === 0 && piece.bytes !== undefined && piece.used < before)
          idle.push({ piece, file })
    idle.sort((a, b) => a.piece.used - b.piece.used)
    const goal = budget.used - bytes
    for (const { piece, file } of idle) {
      if (budget.used <= goal) return
      file.drop(piece)
    }
  }

  /** What one reader may have ahead of it: its share, less what is being read just now. */
  function windowShare(): number {
    let sequential = 0
    for (const pattern of patterns) if (pattern.isSequential) sequential++
    return (memory * 3) / 4 / Math.max(1, sequential)
  }

  function enter(
    source: ByteSource,
    sha256: string | undefined,
  ): { entry: Entry; leave: () => Promise<void> } {
    const key = JSON.stringify([source.uri, source.identity, source.size])
    const known = entries.get(key)
    const entry = known ?? { file: new SharedFile(checked(wrap(source), sha256), shared), readers: 0 }
    entries.set(key, entry)
    entry.readers++
    const leave = async (): Promise<void> => {
      entry.readers--
      if (known !== undefined) await source.close?.()
      if (entry.readers > 0) return
      if (entries.get(key) === entry) entries.delete(key)
      await entry.file.close()
    }
    return { entry, leave }
  }

  function open(source: ByteSource, sha256?: string): OpenFile {
    if (closed) throw new VarveError('aborted', 'the mount is being closed')
    const { size, uri } = source
    const { entry, leave } = enter(source, sha256)
    const { file } = entry
    const pattern = createPattern(size)
    patterns.add(pattern)
    const owner = {}
    let left = false
    return {
      size,
      async read(target, start) {
        if (left || closed) throw new VarveError('aborted', `${uri} is closed`, { uri })
        const end = Math.min(size, start + target.length)
        if (end <= start) return 0
        const plan = pattern.read(start, end, windowShare())
        const done = file.read(target.subarray(0, end - start), start, plan.demand)
        for (const part of plan.ahead) {
          if (!file.prefetch(part, owner)) break
          plan.asked(part.end)
        }
        if (entry.readers === 1 && plan.behind > 0)
          file.dropUnused((piece) => piece.end <= plan.behind && piece.bytes !== undefined)
        await done
        return end - start
      },
      async close() {
        if (left) return
        left = true
        patterns.delete(pattern)
        file.dropUnused((piece) => piece.owner === owner && piece.bytes === undefined)
        await leave()
      },
    }
  }

  return {
    open,
    get stats() {
      return { ...counts, held: budget.used }
    },
    async close() {
      closed = true
      const all = [...entries.values()]
      entries.clear()
      await Promise.all(all.map(({ file }) => file.close()))
    },
  }
}
