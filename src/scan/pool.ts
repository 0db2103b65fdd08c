/** The decoding threads, started when the first task comes. */

import { availableParallelism } from 'node:os'
import { MessageChannel, Worker } from 'node:worker_threads'
import { threadMeter } from '../bytes/index.ts'
import { errorFromJson, VarveError } from '../errors.ts'
import { batchBuffers, type ColumnBatch } from '../formats/batch.ts'
import { signedGet } from '../store/index.ts'
import { threadUrl } from '../threads.ts'
import { keptBytes } from './kept.ts'
import type { FromWorker, ScanWorkerData, Sign, Task, ToWorker } from './messages.ts'

export type TaskEvent = Exclude<FromWorker, { type: 'failed' } | Sign> | { type: 'failed'; error: VarveError }

/** Gets what happens to a task; nothing after `done`, `failed` or `cancel`. */
export type TaskListener = (event: TaskEvent) => void

export interface RunningTask {
  credit(batches: number): void
  cancel(): void
}

interface Thread {
  readonly id: number
  readonly worker: Worker
  readonly tasks: Map<number, TaskListener>
}

/** A file for one thread. */
const SMALL = 1 << 20

export class WorkerPool {
  readonly size: number
  readonly #threads: Thread[] = []
  /** Bytes of decoded blocks that each thread may keep. */
  readonly #kept: number
  #nextId = 1
  #nextThread = 1
  #closed = false

  /** `size` threads at most; default one per core. */
  constructor(size?: number) {
    this.size = size ?? availableParallelism()
    this.#kept = keptBytes(this.size)
  }

  start(task: Task, listener: TaskListener): RunningTask {
    if (this.#closed) throw new VarveError('aborted', 'the scan layer is closed')
    const thread = this.#ofLane(task.lane) ?? this.#leastBusy()
    const id = this.#nextId++
    thread.tasks.set(id, listener)
    if (thread.tasks.size === 1) thread.worker.ref()
    const helper =
      task.layout.container === 'gzip' && task.work.kind === 'piece' ? this.#other(thread) : undefined
    if (helper === undefined) {
      thread.worker.postMessage({ type: 'start', id, task } satisfies ToWorker)
    } else {
      const { port1, port2 } = new MessageChannel()
      helper.worker.postMessage({ type: 'inflate', task, port: port2 } satisfies ToWorker, [port2])
      thread.worker.postMessage({ type: 'start', id, task, inflated: port1 } satisfies ToWorker, [port1])
    }
    return {
      credit: (batches) => {
        if (thread.tasks.has(id)) this.#send(thread, { type: 'credit', id, batches })
      },
      cancel: () => {
        if (!thread.tasks.has(id)) return
        this.#forget(thread, id)
        this.#send(thread, { type: 'cancel', id })
      },
    }
  }

  /** Gives a batch's buffers back to the thread that made it. */
  release(batch: ColumnBatch): void {
    const thread = this.#threads.find(({ id }) => id === batch.lender)
    if (thread === undefined || this.#closed) return
    // What was given back already has none.
    const buffers = batchBuffers(batch).filter(({ byteLength }) => byteLength > 0)
    if (buffers.length === 0) return
    thread.worker.postMessage({ type: 'release', buffers } satisfies ToWorker, buffers)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #send(thread: Thread, message: ToWorker): void {
    thread.worker.postMessage(message)
  }

  #forget(thread: Thread, id: number): void {
    thread.tasks.delete(id)
    // An idle thread does not keep the process alive.
    if (thread.tasks.size === 0) thread.worker.unref()
  }

  /** The thread that keeps what it read of the lane before, unless it is busy and another one is not. */
  #ofLane(lane: number | undefined): Thread | undefined {
    if (lane === undefined) return undefined
    const at = lane % this.size
    while (this.#threads.length <= at) this.#spawn().worker.unref()
    const thread = this.#threads[at]
    const mayWait = this.#threads.length === this.size && this.#threads.every(({ tasks }) => tasks.size > 0)
    return thread?.tasks.size === 0 || mayWait ? thread : undefined
  }

  #leastBusy(): Thread {
    const idle = this.#threads.find((thread) => thread.tasks.size === 0)
    if (idle !== undefined) return idle
    if (this.#threads.length < this.size) return this.#spawn()
    return this.#threads.reduce((a, b) => (b.tasks.size < a.tasks.size ? b : a))
  }

  /** Another thread than this one, when there may be one. */
  #other(thread: Thread): Thread | undefined {
    if (this.#threads.length < this.size) return this.#spawn()
    const others = this.#threads.filter((one) => one !== thread)
    return others.length === 0 ? undefined : others.reduce((a, b) => (b.tasks.size < a.tasks.size ? b : a))
  }

  /**
   * Starts the threads that a scan of so many bytes will need: one before they are known, so that it loads while the
   * file is being opened, and each costs as much as reading a MiB.
   */
  warm(bytes = 0): void {
    const wanted = bytes < SMALL ? 1 : this.size
    while (this.#threads.length < wanted && !this.#closed) this.#spawn().worker.unref()
  }

  #spawn(): Thread {
    const workerData: ScanWorkerData = { meter: threadMeter().shared, kept: this.#kept }
    const worker = new Worker(threadUrl('scan-worker'), { workerData })
    const thread: Thread = { id: this.#nextThread++, worker, tasks: new Map() }
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'sign') return void this.#sign(thread, message)
      const lent = message.type === 'batch' && { ...message, batch: { ...message.batch, lender: thread.id } }
      this.#receive(thread, lent || message)
    })
    worker.on('error', (error) => this.#died(thread, error))
    worker.on('exit', (code) => this.#died(thread, new Error(`a decoding thread ended with code ${code}`)))
    this.#threads.push(thread)
    return thread
  }

  async #sign(thread: Thread, { uri, question }: Sign): Promise<void> {
    // Why it could not be signed is what the thread finds, too, when it tries itself, with its place in the file.
    const request = await signedGet(uri).catch(() => undefined)
    this.#send(thread, { type: 'signed', question, request })
  }

  #receive(thread: Thread, message: Exclude<FromWorker, Sign>): void {
    const listener = thread.tasks.get(message.id)
    if (listener === undefined) {
      if (message.type === 'batch') this.release(message.batch)
      return
    }
    if (message.type === 'done' || message.type === 'failed') this.#forget(thread, message.id)
    listener(message.type === 'failed' ? { type: 'failed', error: errorFromJson(message.error) } : message)
  }

  #died(thread: Thread, error: Error): void {
    const at = this.#threads.indexOf(thread)
    if (at < 0 || this.#closed) return
    this.#threads.splice(at, 1)
    const failure = new VarveError('internal', `a decoding thread died: ${error.message}`, {}, error)
    for (const [, listener] of thread.tasks) listener({ type: 'failed', error: failure })
    thread.tasks.clear()
  }
}
