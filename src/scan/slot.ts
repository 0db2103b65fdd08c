/** A piece of planned work in a stream: the task that does it, and what that has brought so far. */

import type { VarveError } from '../errors.ts'
import type { ColumnBatch } from '../formats/batch.ts'
import type { PieceResult, Work } from '../formats/types.ts'
import { type FileScan, isPiece } from './file-scan.ts'
import type { Reject, Task } from './messages.ts'
import type { RunningTask, TaskEvent } from './pool.ts'

/** One piece of work and the file it is of. */
export interface Planned
  extends Pick<Task, 'source' | 'head' | 'layout' | 'columns' | 'fields' | 'conditions' | 'where'> {
  readonly work: Work
  /** Of a file without an index: how far its scan has come. */
  readonly scan?: FileScan | undefined
  /** The last piece of its file. */
  readonly last?: boolean | undefined
  /** Its file has so little to be read that nobody need ask twice for all of it. */
  readonly eager?: boolean | undefined
}

export class Slot {
  task: RunningTask | undefined
  /** What the piece said its first record is at; a run needs not to say. */
  start: number | undefined
  accepted = false
  readonly batches: ColumnBatch[] = []
  result: PieceResult | undefined
  done = false
  error: VarveError | undefined
  #rejects: Reject[] = []

  constructor(readonly planned: Planned) {}

  get work(): Work {
    return this.planned.work
  }

  get scan(): FileScan | undefined {
    return this.planned.scan
  }

  /** Where it begins is a guess. */
  get guessed(): boolean {
    return isPiece(this.work) && this.work.start === 'sync'
  }

  /** It has been begun, and what it brought says whether its guess was right. */
  get judged(): boolean {
    return this.start !== undefined || this.error !== undefined || this.done
  }

  /** Takes in what the task says; false where nobody needs to be told of it. */
  hear(event: TaskEvent): boolean {
    switch (event.type) {
      case 'batch':
        this.batches.push(event.batch)
        return true
      case 'found':
        this.start = event.start
        return true
      case 'progress':
        return false
      case 'rejects':
        this.#rejects.push(...event.rejects)
        return false
      case 'done':
        this.result = event.result
        this.done = true
        return true
      case 'failed':
        this.error = event.error
        return true
    }
  }

  /** Bad records since it was asked before, counted from the beginning of the file. */
  takeRejects(): Reject[] {
    const { rows, raw } = this.scan ?? { rows: 0, raw: 0 }
    return this.#rejects.splice(0).map((one) => {
      const record = one.record + rows
      const message = one.message.replace('{record}', String(record))
      return { ...one, byte: one.byte + raw, record, message }
    })
  }

  /** Stops its task and forgets what that brought; the batches are the caller's to give back. */
  drop(): ColumnBatch[] {
    this.task?.cancel()
    this.task = undefined
    this.#rejects = []
    this.result = undefined
    this.done = false
    this.error = undefined
    this.start = undefined
    return this.batches.splice(0)
  }
}
