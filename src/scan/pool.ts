/** The decoding threads, started when the first task comes. */

import { availableParallelism } from 'node:os'
import { MessageChannel, Worker } from 'node:worker_threads'
import { threadMeter } from '../bytes/index.ts'
import { errorFromJson, VarveError } from '../errors.ts'
import { batchBuffers, type ColumnBatch } from '../formats/batch.ts'
import { threadUrl } from '../threads.ts'
import type { FromWorker, Task, ToWorker } from './messages.ts'

/** Gets what happens to a task; nothing after `done`, `failed` or `cancel`. */
export type TaskListener = (
  event: Exclude<FromWorker, { type: 'failed' }> | { type: 'failed'; error: VarveError },
) => void

export interface RunningTask {
  credit(batches: number): void
  cancel(): void
}

interface Thread {
  readonly worker: Worker
  readonly tasks: Map<number, TaskListener>
}

export class WorkerPool {
  readonly size: number
  readonly #threads: Thread[] = []
  readonly #origin = new WeakMap<ColumnBatch, Thread>()
  #nextId = 1
  #closed = false

  /** `size` threads at most; default one per core. */
  constructor(size?: number) {
    this.size = size ?? availableParallelism()
  }

  start(task: Task, listener: TaskListener): RunningTask {
    if (this.#closed) throw new VarveError('aborted', 'the scan layer is closed')
    const thread = this.#leastBusy()
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
    const thread = this.#origin.get(batch)
    if (thread === undefined || this.#closed) return
    this.#origin.delete(batch)
    const buffers = batchBuffers(batch)
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

  /** Starts the threads that a scan will need; they load while its file is being opened. */
  warm(): void {
    while (this.#threads.length < this.size && !this.#closed) this.#spawn().worker.unref()
  }

  #spawn(): Thread {
    const worker = new Worker(threadUrl('scan-worker'), { workerData: { meter: threadMeter().shared } })
    const thread: Thread = { worker, tasks: new Map() }
    worker.on('message', (message: FromWorker) => this.#receive(thread, message))
    worker.on('error', (error) => this.#died(thread, error))
    worker.on('exit', (code) => this.#died(thread, new Error(`a decoding thread ended with code ${code}`)))
    this.#threads.push(thread)
    return thread
  }

  #receive(thread: Thread, message: FromWorker): void {
    const listener = thread.tasks.get(message.id)
    if (message.type === 'batch') this.#origin.set(message.batch, thread)
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
