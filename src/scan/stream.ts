/**
 * Tasks run ahead on several threads; their batches come out in the order of the file.
 *
 * A piece of a file without an index begins where a guess says that a record begins. Its batches are held back
 * until the piece before it has stopped exactly there; a wrong guess is thrown away and the piece done again.
 */

import { VarveError } from '../errors.ts'
import type { ColumnBatch } from '../formats/batch.ts'
import { shiftOrdinals } from '../formats/builders.ts'
import { formatNamed } from '../formats/registry.ts'
import type { PieceResult, Work } from '../formats/types.ts'
import { type FileScan, isPiece, withoutPlace } from './file-scan.ts'
import type { Reject, Task } from './messages.ts'
import type { RunningTask, WorkerPool } from './pool.ts'
import type { Progress, ScanStream } from './types.ts'

/** Batches that a task may have made and nobody read. */
const CREDIT = 8

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

export interface StreamPlan {
  readonly works: AsyncIterator<Planned>
  /** Which column is the ordinal: pieces count from 0. */
  readonly ordinal: number | undefined
  readonly ignoreErrors: boolean
  /** Decode with every thread from the start, as building an index does. */
  readonly eager?: boolean
  readonly total: () => number
  readonly onRejects?: (rejects: readonly Reject[]) => void
  /** A file without an index was read to its end. */
  readonly finish?: (scan: FileScan) => Promise<void>
  /** Called once, however the stream ends. */
  readonly onClose?: () => void
}

interface Slot extends Planned {
  task: RunningTask | undefined
  /** What the piece said its first record is at; a run needs not to say. */
  start: number | undefined
  accepted: boolean
  readonly batches: ColumnBatch[]
  rejects: Reject[]
  result: PieceResult | undefined
  done: boolean
  error: VarveError | undefined
}

let streams = 0

export class OrderedStream implements ScanStream {
  readonly #id = ++streams
  readonly #pool: WorkerPool
  readonly #plan: StreamPlan
  readonly #slots: Slot[] = []
  #asked = 0
  #ended = false
  #planned = false
  #closed = false
  #decoded = 0
  #begun: Promise<void> | undefined
  #wake: () => void = () => undefined

  constructor(pool: WorkerPool, plan: StreamPlan) {
    this.#pool = pool
    this.#plan = plan
  }

  get progress(): Progress {
    const total = this.#plan.total()
    return { done: Math.min(this.#decoded, total), total }
  }

  get coming(): boolean {
    return this.#planned && this.#slots.length > 0 && this.#slots.every(({ eager }) => eager === true)
  }

  /** Everything is wanted, or costs next to nothing: decode with all threads. */
  get #hot(): boolean {
    return this.#plan.eager === true || this.#asked > 1 || this.#slots.some(({ eager }) => eager === true)
  }

  ahead(): void {
    this.#begun ??= this.#fill()
    this.#begun.catch(() => undefined)
  }

  async next(): Promise<ColumnBatch | undefined> {
    if (this.#ended) return undefined
    this.#asked++
    if (this.#asked === 2) this.#slots[0]?.task?.credit(CREDIT)
    try {
      await this.#begun
      for (;;) {
        if (this.#closed) throw new VarveError('aborted', 'the scan was closed')
        await this.#fill()
        const slot = this.#slots[0]
        if (slot === undefined && !this.#closed) {
          this.#ended = true
          this.close()
          return undefined
        }
        const batch = slot && (await this.#advance(slot))
        if (batch !== undefined) return batch
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Moves the first slot on as far as it goes; a batch when it has one to give. */
  async #advance(slot: Slot): Promise<ColumnBatch | undefined> {
    if (!slot.accepted && !this.#accept(slot)) return undefined
    const batch = slot.batches.shift()
    if (batch !== undefined) {
      if (this.#hot) slot.task?.credit(1)
      this.#passRejects(slot)
      const { ordinal } = this.#plan
      if (ordinal !== undefined && slot.scan !== undefined && isPiece(slot.work))
        shiftOrdinals(batch.columns[ordinal]!, slot.scan.rows)
      if (batch.rows > 0) return batch
      this.release(batch)
      return undefined
    }
    if (slot.error !== undefined) throw slot.scan?.placeError(slot.error) ?? withoutPlace(slot.error)
    if (!slot.done) {
      await this.#event()
      return undefined
    }
    this.#passRejects(slot)
    this.#slots.shift()
    if (slot.scan === undefined) return undefined
    if (slot.result !== undefined) slot.scan.pass(slot.result)
    if (slot.last === true) await this.#plan.finish?.(slot.scan)
    return undefined
  }

  /** Whether the slot's batches are known to follow what was read; waits, or starts it again, when not. */
  #accept(slot: Slot): boolean {
    const { work, scan } = slot
    if (scan === undefined || !isPiece(work)) {
      slot.accepted = true
    } else if (slot.task === undefined) {
      this.#start(slot, scan.exact(work))
      slot.accepted = true
    } else if (work.start !== 'sync') {
      slot.accepted = true
    } else if (slot.start !== undefined && scan.accepts(slot.start)) {
      slot.accepted = true
    } else if (slot.start !== undefined || slot.error !== undefined || slot.done) {
      if (slot.start === undefined) scan.accepts(-1)
      this.#drop(slot)
      this.#start(slot, scan.exact(work))
      slot.accepted = true
    }
    return slot.accepted
  }

  async #fill(): Promise<void> {
    // Planning a slot may tell that there is little to do, and so that more of it may be planned.
    const ahead = () => (this.#hot ? this.#pool.size * 2 : 1)
    while (!this.#planned && this.#slots.length < ahead()) {
      const next = await this.#plan.works.next()
      // What was planned while somebody closed the stream is not begun any more.
      if (this.#closed) return
      if (next.done === true) {
        this.#planned = true
        return
      }
      const slot: Slot = {
        ...next.value,
        task: undefined,
        start: undefined,
        accepted: false,
        batches: [],
        rejects: [],
        result: undefined,
        done: false,
        error: undefined,
      }
      this.#slots.push(slot)
      const guess = isPiece(slot.work) && slot.work.start === 'sync'
      if (!guess || slot.scan?.sequential !== true) this.#start(slot, slot.work)
    }
    if (!this.#slots[0]?.accepted && this.#slots[0] !== undefined && !this.#ready(this.#slots[0])) {
      await this.#event()
    }
  }

  /** Whether `#accept` can decide. */
  #ready(slot: Slot): boolean {
    if (!isPiece(slot.work) || slot.task === undefined || slot.work.start !== 'sync') return true
    return slot.start !== undefined || slot.error !== undefined || slot.done
  }

  #start(slot: Slot, work: Work): void {
    const { source, layout, head, columns, fields, conditions, where } = slot
    // Only who begins in the head needs it.
    const inHead = (isPiece(work) ? work.from : work.point.source) < (head?.length ?? 0)
    const small = !this.#hot
    const task = this.#pool.start(
      {
        scan: this.#id,
        source,
        head: inHead ? head : undefined,
        layout,
        work,
        columns,
        fields,
        conditions,
        where,
        ignoreErrors: this.#plan.ignoreErrors,
        lane: isPiece(work) ? undefined : formatNamed(layout.format).lane?.(layout, work),
        small,
        credit: small ? 1 : CREDIT,
      },
      (event) => {
        if (slot.task !== task) {
          if (event.type === 'batch') this.#pool.release(event.batch)
          return
        }
        switch (event.type) {
          case 'batch':
            this.#decoded += event.bytes
            slot.batches.push(event.batch)
            break
          case 'found':
            slot.start = event.start
            break
          case 'progress':
            this.#decoded += event.bytes
            return
          case 'rejects':
            slot.rejects.push(...event.rejects)
            return
          case 'done':
            this.#decoded += event.bytes
            slot.result = event.result
            slot.done = true
            break
          case 'failed':
            slot.error = event.error
        }
        this.#wake()
      },
    )
    slot.task = task
  }

  /** Forgets what a wrong guess brought. */
  #drop(slot: Slot): void {
    slot.task?.cancel()
    slot.task = undefined
    for (const batch of slot.batches.splice(0)) this.#pool.release(batch)
    slot.rejects = []
    slot.result = undefined
    slot.done = false
    slot.error = undefined
    slot.start = undefined
  }

  #passRejects(slot: Slot): void {
    if (slot.rejects.length === 0) return
    const { rows, raw } = slot.scan ?? { rows: 0, raw: 0 }
    const placed = slot.rejects.map((one) => {
      const record = one.record + rows
      return {
        ...one,
        byte: one.byte + raw,
        record,
        message: one.message.replace('{record}', String(record)),
      }
    })
    slot.rejects = []
    this.#plan.onRejects?.(placed)
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  release(batch: ColumnBatch): void {
    this.#pool.release(batch)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const slot of this.#slots.splice(0)) this.#drop(slot)
    this.#wake()
    this.#plan.onClose?.()
  }
}
