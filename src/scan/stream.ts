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
import type { Work } from '../formats/types.ts'
import { type FileScan, isPiece, withoutPlace } from './file-scan.ts'
import type { Reject } from './messages.ts'
import type { WorkerPool } from './pool.ts'
import { sharedHead } from './shared-head.ts'
import { type Planned, Slot } from './slot.ts'
import type { Progress, ScanStream } from './types.ts'

/** Batches that a task may have made and nobody read. */
const CREDIT = 8

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
    return (
      this.#planned && this.#slots.length > 0 && this.#slots.every(({ planned }) => planned.eager === true)
    )
  }

  /** Everything is wanted, or costs next to nothing: decode with all threads. */
  get #hot(): boolean {
    return (
      this.#plan.eager === true ||
      this.#asked > 1 ||
      this.#slots.some(({ planned }) => planned.eager === true)
    )
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
    if (slot.planned.last === true) await this.#plan.finish?.(slot.scan)
    return undefined
  }

  /** Whether the slot's batches are known to follow what was read; starts it again when they do not. */
  #accept(slot: Slot): boolean {
    const { work, scan } = slot
    if (scan === undefined || !isPiece(work)) {
      slot.accepted = true
    } else if (slot.task === undefined) {
      this.#start(slot, scan.exact(work))
      slot.accepted = true
    } else if (!slot.guessed) {
      slot.accepted = true
    } else if (slot.start !== undefined && scan.accepts(slot.start)) {
      slot.accepted = true
    } else if (slot.judged) {
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
      const slot = new Slot(next.value)
      this.#slots.push(slot)
      if (!slot.guessed || slot.scan?.sequential !== true) this.#start(slot, slot.work)
    }
    const [slot] = this.#slots
    if (slot === undefined || slot.accepted) return
    // Nothing can be said of a guess before its task has said something.
    if (slot.guessed && slot.task !== undefined && !slot.judged) await this.#event()
  }

  #start(slot: Slot, work: Work): void {
    const { source, layout, head, columns, fields, conditions, where } = slot.planned
    // Only who begins in the head needs it.
    const inHead = (isPiece(work) ? work.from : work.point.source) < (head?.length ?? 0)
    const small = !this.#hot
    const task = this.#pool.start(
      {
        scan: this.#id,
        source,
        head: inHead ? head && sharedHead(head) : undefined,
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
        if ('bytes' in event) this.#decoded += event.bytes
        if (slot.hear(event)) this.#wake()
      },
    )
    slot.task = task
  }

  /** Forgets what a wrong guess brought. */
  #drop(slot: Slot): void {
    for (const batch of slot.drop()) this.#pool.release(batch)
  }

  #passRejects(slot: Slot): void {
    const rejects = slot.takeRejects()
    if (rejects.length > 0) this.#plan.onRejects?.(rejects)
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
