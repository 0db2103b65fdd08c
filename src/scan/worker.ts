/** A decoding thread: takes tasks, fetches, decodes, sends batches. Nothing here blocks on another task. */

import { setMaxListeners } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { adoptMeter, type ByteSource, withHead } from '../bytes/index.ts'
import { errorToJson, isVarveError } from '../errors.ts'
import { batchBuffers, type ColumnBatch, type ColumnVector } from '../formats/batch.ts'
import { formatNamed } from '../formats/registry.ts'
import { supplyUnchecked } from '../formats/text/supply.ts'
import type { Piece, SourceRef } from '../formats/types.ts'
import { adoptSigner } from '../store/index.ts'
import { BufferPool } from './buffers.ts'
import { filterRows } from './filter.ts'
import { KeptBlocks } from './kept.ts'
import type { FromWorker, Reject, ScanWorkerData, Task, ToWorker } from './messages.ts'
import { placedAt } from './place.ts'
import { RelayedSupply, serveRelay } from './relay.ts'
import { SharedSources, type Taken } from './shared-sources.ts'
import { Signing } from './signing.ts'

const port = parentPort!
const pool = new BufferPool()
const memory = {
  allocate: (bytes: number): ArrayBuffer => pool.take(bytes),
  recycle: (buffer: ArrayBuffer): void => pool.give([buffer]),
}

interface Running {
  readonly abort: AbortController
  credit: number
  wake: () => void
}

const running = new Map<number, Running>()
const sources = new SharedSources()
const data = workerData as ScanWorkerData
const kept = new KeptBlocks(data.kept, (buffers) => pool.give(buffers))
/** A message of its own wakes another thread: fewer bytes are told of with the next batch. */
const PROGRESS = 2 << 20
const NO_HEAD = new Uint8Array(0)

const send = (message: FromWorker, transfer?: readonly ArrayBuffer[]): void =>
  port.postMessage(message, transfer)

const signing = new Signing(send)

adoptMeter(data.meter)
adoptSigner(signing.ask)
port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'start':
      void run(message.id, message.task, message.inflated)
      break
    case 'credit': {
      const task = running.get(message.id)
      if (task !== undefined) {
        task.credit += message.batches
        task.wake()
      }
      break
    }
    case 'cancel': {
      const task = running.get(message.id)
      task?.abort.abort()
      task?.wake()
      break
    }
    case 'inflate':
      void inflate(message.task, message.port)
      break
    case 'signed':
      signing.answer(message.question, message.request)
      break
    case 'release':
      pool.give(message.buffers)
  }
})

async function run(id: number, task: Task, inflated: MessagePort | undefined): Promise<void> {
  const abort = new AbortController()
  // A task reads many ranges at once, and each one listens.
  setMaxListeners(0, abort.signal)
  const self: Running = { abort, credit: task.credit, wake: () => undefined }
  running.set(id, self)
  const over = kept.begin()
  const taken: Taken[] = []
  const take = (ref: SourceRef): Taken => {
    const shared = sources.take(ref, task.scan)
    taken.push(shared)
    return shared
  }
  const shared = take(task.source)
  const source = sourceOf(task, shared.source)
  const shown = source.uri
  let untold = 0
  const tell = (): number => {
    const bytes = untold
    untold = 0
    return bytes
  }
  const onProgress = (bytes: number): void => {
    untold += bytes
    if (untold >= PROGRESS) send({ type: 'progress', id, bytes: tell() })
  }
  let reading: { return(value: undefined): Promise<unknown> } | undefined
  try {
    const { projection, assemble } = columnsOf(task)
    const rejects: Reject[] = []
    const batches = formatNamed(task.layout.format).read(source, task.layout, task.work, projection, {
      signal: abort.signal,
      ...memory,
      fields: task.fields,
      conditions: [...(task.conditions ?? []), ...(task.where ?? [])],
      ignoreErrors: task.ignoreErrors,
      small: task.small,
      attach: (ref) => take(ref).source,
      memo: shared.memo,
      kept: kept.of(task.source),
      inflated: inflated && new RelayedSupply(inflated, abort.signal, onProgress),
      onStart: (start) => send({ type: 'found', id, start }),
      onProgress,
      onReject: (bad) =>
        rejects.push({ uri: shown, byte: bad.byte, record: bad.record, message: bad.message }),
    })
    reading = batches
    for (;;) {
      const next = await batches.next()
      if (abort.signal.aborted) return
      if (rejects.length > 0) send({ type: 'rejects', id, rejects: rejects.splice(0) })
      if (next.done === true) {
        send({ type: 'done', id, result: next.value, bytes: tell() })
        return
      }
      const batch = assemble(next.value)
      if (batch === undefined) continue
      send({ type: 'batch', id, batch, bytes: tell() }, batchBuffers(batch))
      self.credit--
      while (self.credit <= 0 && !abort.signal.aborted) {
        await new Promise<void>((resolve) => {
          self.wake = resolve
        })
      }
      if (abort.signal.aborted) return
    }
  } catch (error) {
    if (!(abort.signal.aborted && isVarveError(error, 'aborted'))) {
      send({ type: 'failed', id, error: errorToJson(placedAt(shown, error)) })
    }
  } finally {
    running.delete(id)
    // A task that was left in the middle still holds its decoder, its memory and another thread's attention.
    await reading?.return(undefined).catch(() => undefined)
    over()
    await Promise.all(taken.map(({ give }) => give()))
  }
}

/** The task's bytes; decoders complain about what the file was called. */
function sourceOf({ head = NO_HEAD, source: { shown } }: Task, bytes: ByteSource): ByteSource {
  const source = withHead(bytes, head)
  if (shown === undefined || shown === source.uri) return source
  const { size, identity } = source
  return { uri: shown, size, identity, read: (start, end, options) => source.read(start, end, options) }
}

/** The other half of a task whose records another thread reads. */
async function inflate(task: Task, port: MessagePort): Promise<void> {
  const shared = sources.take(task.source, task.scan)
  const source = sourceOf(task, shared.source)
  const hooks = { ...memory, ignoreErrors: false, small: task.small }
  try {
    await serveRelay(port, (onProgress, signal) =>
      supplyUnchecked(source, task.work as Piece, { ...hooks, onProgress, signal }),
    )
  } finally {
    await shared.give()
  }
}

/** What to ask the decoder for, and how its columns become those of the task; undefined when no row is left. */
function columnsOf(task: Task): {
  projection: number[]
  assemble: (batch: ColumnBatch) => ColumnBatch | undefined
} {
  const { columns, where = [], layout } = task
  const projection = columns.filter((column) => typeof column === 'number')
  const tested = where.map(({ column }) => layout.columns.findIndex(({ name }) => name === column))
  const wanted = projection.length
  for (const column of tested) if (!projection.includes(column)) projection.push(column)
  if (wanted === columns.length && where.length === 0) return { projection, assemble: (batch) => batch }
  return {
    projection,
    assemble(decoded) {
      const batch = where.length === 0 ? decoded : filterRows(decoded, projection, layout.columns, where)
      if (batch.rows === 0 && where.length > 0) return undefined
      let next = 0
      return {
        rows: batch.rows,
        columns: columns.map((column) =>
          typeof column === 'number' ? batch.columns[next++]! : repeated(column.constant, batch.rows),
        ),
      }
    },
  }
}

function repeated(text: string, length: number): ColumnVector {
  const bytes = Buffer.from(text)
  const values = new Uint8Array(pool.take(bytes.length * length), 0, bytes.length * length)
  const offsets = new Int32Array(pool.take((length + 1) * 4), 0, length + 1)
  offsets[0] = 0
  for (let i = 0; i < length; i++) {
    values.set(bytes, i * bytes.length)
    offsets[i + 1] = (i + 1) * bytes.length
  }
  return { length, offsets, values }
}
