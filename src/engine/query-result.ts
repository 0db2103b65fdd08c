/** One statement on the engine thread, from its text to the last batch. */

import { throwIfAborted, VarveError } from '../errors.ts'
import type { ColumnBatch } from '../formats/batch.ts'
import { type Engine, failureOf, type StatementMessage } from './engine.ts'
import { ABORT, ENOUGH, type ResultHead, RUNNING } from './protocol.ts'
import type { ScanHost, StatementOptions } from './scan-host.ts'
import type { QueryResult, RunOptions } from './types.ts'

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_EVERY = 100

/** Starts a statement; resolves when its columns are known. One runs at a time. */
export async function execute(
  engine: Engine,
  host: ScanHost,
  sql: string,
  { params, signal, onProgress }: RunOptions,
  scanning: StatementOptions = {},
): Promise<QueryResult> {
  throwIfAborted(signal)
  const inbox: StatementMessage[] = []
  let over: VarveError | true | undefined
  const sleepers: (() => void)[] = []
  const wake = (): void => {
    for (const sleeper of sleepers.splice(0)) sleeper()
  }
  const sleep = (): Promise<void> => new Promise((resolve) => sleepers.push(resolve))

  const finish = (outcome: VarveError | true): void => {
    over = outcome
    clearInterval(ticking)
    signal?.removeEventListener('abort', abort)
    host.end()
    engine.hold(false)
    tick()
  }
  const abort = (): void => {
    engine.setStop(ABORT)
    engine.post({ type: 'abort' })
    host.end()
    inbox.length = 0
  }
  const tick = (): void => {
    if (host.scanned) onProgress?.(host.progress)
  }
  const ticking = onProgress === undefined ? undefined : setInterval(tick, PROGRESS_EVERY)

  engine.listen((message) => {
    if (over !== undefined) return
    if (message.type === 'end') finish(true)
    else if (message.type === 'failed') {
      finish(
        signal?.aborted
          ? new VarveError('aborted', 'the statement was cancelled', {}, signal.reason)
          : failureOf(message, host),
      )
    } else inbox.push(message)
    wake()
  })
  const receive = async (): Promise<StatementMessage | undefined> => {
    for (;;) {
      const message = inbox.shift()
      if (message !== undefined) return message
      if (over === true) return undefined
      if (over !== undefined) throw over
      await sleep()
    }
  }

  engine.hold(true)
  engine.setStop(RUNNING)
  host.begin(scanning)
  signal?.addEventListener('abort', abort)
  engine.post({ type: 'run', sql, params })
  const first = await receive()
  const head: ResultHead = first?.type === 'result' ? first.head : { columns: [], returns: 'nothing' }

  let closed = false
  async function* batches(): AsyncGenerator<ColumnBatch> {
    for (;;) {
      if (closed) return
      const message = await receive()
      if (message === undefined) return
      if (message.type !== 'batch') continue
      engine.post({ type: 'more' })
      yield message.batch
    }
  }

  return {
    ...head,
    batches: batches(),
    async close() {
      if (closed) return
      closed = true
      if (over === undefined && signal?.aborted !== true && head.returns === 'rows') {
        engine.setStop(ENOUGH)
        engine.post({ type: 'enough' })
        host.end()
      }
      inbox.length = 0
      // What fails now concerns rows that nobody reads; a statement that changes something is waited for.
      await settled(head.returns === 'rows')
      wake()
    },
  }

  async function settled(forgive: boolean): Promise<void> {
    while (over === undefined) {
      await sleep()
      inbox.length = 0
    }
    if (over !== true && !forgive) throw over
  }
}
