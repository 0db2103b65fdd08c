/** The rows of a run of blocks: bytes are fetched some blocks ahead, each block is decoded on its own. */

import { type ByteSource, withCoalescing } from '../../bytes/index.ts'
import { isVarveError, VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../batch.ts'
import type { Zone } from '../text/types.ts'
import type { Layout, Part, PieceResult, ReadHooks, Run } from '../types.ts'
import { blockSegments } from './segment.ts'
import type { BlockFile, BlockFormat, BlockReader, ByteRange } from './types.ts'

const SMALL_BATCH = 2048
const LARGE_BATCH = 131072
/** Rows of a batch that holds nothing but their number. */
const COUNTED = 1 << 20
/** What is fetched ahead of the block that is being decoded. */
const AHEAD_BYTES = 16 << 20
const AHEAD_BLOCKS = 64

export interface BlockJob {
  readonly format: BlockFormat
  readonly source: ByteSource
  readonly layout: Layout
  readonly hooks: ReadHooks
}

/** The run's rows; when it is to be measured, its segments with their zones. */
export async function* readBlocks(
  job: BlockJob,
  run: Run,
  projection: readonly number[],
): AsyncGenerator<ColumnBatch, PieceResult | undefined> {
  const { layout, hooks, format } = job
  const parts = run.parts ?? []
  const { allocate, recycle, fields } = hooks
  const near = { memory: recycle && { allocate, recycle } }
  const companions = (layout.companions ?? []).map((ref) => withCoalescing(hooks.attach!(ref), near))
  const file: BlockFile = {
    source: withCoalescing(job.source, near),
    companions,
    layout,
    memo: hooks.memo ?? ((_name, make) => make()),
    signal: hooks.signal,
    kept: hooks.kept,
  }
  const zones = run.measure === true
  const conditions = zones ? undefined : hooks.conditions
  const reader = await format.reader(file, projection, { zones, allocate, recycle, fields, conditions })
  const lent = reader.lends === true && recycle !== undefined ? new Lent(allocate, recycle) : undefined
  const fetch = new Fetcher(file, reader, parts, hooks.small === true, lent)
  const measured: (readonly Zone[])[] = []
  const blocks = new BlockBatches(job, reader)
  let counted = 0
  try {
    let skip = run.skip
    let left = run.rows
    for (const [i, part] of parts.entries()) {
      const from = Math.min(skip, part.rows)
      const to = Math.min(part.rows, from + left)
      skip -= from
      left -= to - from
      const bytes = await blocks.placed(part, () => fetch.take(i))
      if (bytes?.length === 0 && projection.length === 0) {
        counted += to - from
        if (counted >= COUNTED) {
          yield { rows: counted, columns: [] }
          counted = 0
        }
      } else if (bytes !== undefined) {
        yield* blocks.of(part, bytes, from, to)
        lent?.takeBack(bytes)
      }
      if (zones) measured.push(reader.takeZones?.() ?? [])
      hooks.onProgress?.(part.end - part.source)
    }
    if (counted > 0) yield { rows: counted, columns: [] }
  } finally {
    reader.close?.()
  }
  return zones ? resultOf(parts, measured) : undefined
}

/** Memory that blocks are read into. What comes from elsewhere, a cache perhaps, is not ours to write to. */
class Lent {
  readonly #given = new Set<ArrayBuffer>()
  readonly #recycle: (buffer: ArrayBuffer) => void
  readonly allocate: (bytes: number) => ArrayBuffer

  constructor(allocate: (bytes: number) => ArrayBuffer, recycle: (buffer: ArrayBuffer) => void) {
    this.#recycle = recycle
    this.allocate = (bytes) => {
      const buffer = allocate(bytes)
      this.#given.add(buffer)
      return buffer
    }
  }

  takeBack(blocks: readonly Uint8Array[]): void {
    for (const { buffer } of blocks) {
      const own = buffer as ArrayBuffer
      if (this.#given.delete(own)) this.#recycle(own)
    }
  }
}

class BlockBatches {
  readonly #job: BlockJob
  readonly #reader: BlockReader
  #maxRows: number

  constructor(job: BlockJob, reader: BlockReader) {
    this.#job = job
    this.#reader = reader
    this.#maxRows = job.hooks.small === true ? SMALL_BATCH : LARGE_BATCH
  }

  /** The batches of a block's rows [from, to). */
  async *of(part: Part, bytes: readonly Uint8Array[], from: number, to: number): AsyncGenerator<ColumnBatch> {
    const batches = iterate(this.#reader.decode(part, bytes, from, to, this.#maxRows))
    try {
      for (;;) {
        const next = await this.placed(part, async () => batches.next())
        if (next === undefined || next.done === true) return
        this.#maxRows = LARGE_BATCH
        if (next.value.rows > 0) yield next.value
      }
    } finally {
      await batches.return?.()
    }
  }

  /** What `work` gives; what goes wrong in it is the block's fault, or passed over when errors are ignored. */
  async placed<T>(part: Part, work: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      const { format, hooks, source } = this.#job
      if (isVarveError(error) && error.code !== 'invalid-data') throw error
      // What is no error of ours is a library's, which was given bytes that it did not expect.
      const what = error instanceof Error ? error.message : String(error)
      const text = isVarveError(error) ? what : `${format.name}: the block cannot be decoded: ${what}`
      if (hooks.ignoreErrors && hooks.onReject !== undefined) {
        hooks.onReject({ at: part.source, byte: part.source, record: part.firstRow, message: text })
        return undefined
      }
      const { uri } = source
      const message = text.includes(uri) ? text : `${text} (${uri} @ byte ${part.source})`
      throw new VarveError('invalid-data', message, { uri, byte: part.source, record: part.firstRow }, error)
    }
  }
}

function iterate<T>(values: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]()
}

/** Reads the ranges of blocks some blocks ahead; near ones become one request. */
class Fetcher {
  readonly #file: BlockFile
  readonly #reader: BlockReader
  readonly #parts: readonly Part[]
  readonly #ahead = new Map<number, Promise<Uint8Array[]>>()
  #next = 0
  #bytes: number[] = []
  #alone: boolean
  readonly #allocate: ((bytes: number) => ArrayBuffer) | undefined

  constructor(
    file: BlockFile,
    reader: BlockReader,
    parts: readonly Part[],
    small: boolean,
    lent: Lent | undefined,
  ) {
    this.#file = file
    this.#reader = reader
    this.#parts = parts
    this.#alone = small
    this.#allocate = lent?.allocate
  }

  /** The bytes of part i; parts are taken in order. */
  take(i: number): Promise<Uint8Array[]> {
    let held = 0
    for (let j = i; j < this.#next; j++) held += this.#bytes[j] ?? 0
    // Who wants the first rows only pays for the first block.
    const most = this.#alone ? 1 : AHEAD_BLOCKS
    this.#alone = false
    while (
      this.#next < this.#parts.length &&
      this.#next < i + most &&
      (this.#next === i || held < AHEAD_BYTES)
    ) {
      const ranges = this.#reader.ranges(this.#parts[this.#next]!)
      const size = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
      this.#bytes[this.#next] = size
      held += size
      const read = Promise.all(ranges.map((range) => this.#read(range)))
      // A block that fails while an earlier one is being decoded is reported when its turn comes.
      read.catch(() => undefined)
      this.#ahead.set(this.#next++, read)
    }
    const read = this.#ahead.get(i)!
    this.#ahead.delete(i)
    return read
  }

  #read({ start, end, companion }: ByteRange): Promise<Uint8Array> {
    const { source, companions, signal } = this.#file
    const from = companion === undefined ? source : companions[companion]!
    if (start >= 0 && start <= end && end <= from.size)
      return from.read(start, end, { signal, allocate: this.#allocate })
    const message = `a block stands at bytes ${start} to ${end}, but the file has ${from.size} (${from.uri})`
    return Promise.reject(new VarveError('invalid-data', message, { uri: from.uri, byte: start }))
  }
}

/** Offsets and rows count from the run's own beginning, as in a piece. */
function resultOf(parts: readonly Part[], zones: readonly (readonly Zone[])[]): PieceResult {
  const segments = blockSegments(parts.map((part, i) => ({ ...part, zones: zones[i]! })))
  const last = segments.at(-1)
  const raw = last?.rawEnd ?? 0
  return { start: 0, stop: raw, raw, rows: (last?.firstRow ?? 0) + (last?.rows ?? 0), segments }
}
