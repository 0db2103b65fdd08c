/**
 * Batches in shared memory: a scan has a few slots, each a file in /dev/shm that the engine writes and the client maps.
 * A slot that is full is the client's until it gives it back, so a slow client stops its scan by itself. Files have
 * names only until the client has opened them: whichever side dies then, the kernel frees them.
 */

import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, readdirSync, rmSync, statfsSync, writevSync } from 'node:fs'
import { join } from 'node:path'
import { VarveError } from '../errors.ts'
import type { ColumnBatch, ColumnVector } from '../formats/batch.ts'

/** Where buffers begin, in bytes: what Arrow recommends. */
const ALIGNED = 64
/** Room in files is rounded up to this, so that batches that grow a little keep their file. */
const STEP = 256 * 1024
/** Most buffers that one `writev` takes (IOV_MAX). */
const VECTORS = 1024

/** Where a buffer is in its slot; `undefined`: there is none, as all values are valid or there are no children. */
export interface Place {
  readonly offset: number
  readonly length: number
}

/** A column in a slot: validity, then offsets, then values, as far as its type has them. */
export interface PlacedVector {
  readonly rows: number
  readonly buffers: readonly (Place | undefined)[]
  readonly children: readonly PlacedVector[]
}

/** A batch in a slot. */
export interface Written {
  readonly slot: number
  /** Of a file that the client has not seen; else undefined. */
  readonly path: string | undefined
  /** Bytes of the slot's file. */
  readonly size: number
  readonly columns: readonly PlacedVector[]
}

interface Slot {
  fd: number | undefined
  path: string | undefined
  size: number
  free: boolean
}

/** The folder of shared memory: `VARVE_SHM`, else /dev/shm. */
export function sharedMemoryFolder(): string {
  return process.env.VARVE_SHM ?? '/dev/shm'
}

const PREFIX = 'varve-engine-'

/** Removes the files of engines that died before their clients had opened them. */
export function removeStale(folder = sharedMemoryFolder()): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^varve-engine-(\d+)-/.exec(name)?.[1])
    if (!Number.isInteger(pid) || isRunning(pid)) continue
    // Another user's files stay.
    rmSync(join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

export class Slots {
  readonly #slots: Slot[]
  readonly #folder: string
  #wake: () => void = () => undefined
  #closed = false

  constructor(count: number, folder = sharedMemoryFolder()) {
    this.#slots = Array.from({ length: count }, () => ({
      fd: undefined,
      path: undefined,
      size: 0,
      free: true,
    }))
    this.#folder = folder
  }

  /** Resolves when a slot is free; false when the slots were closed meanwhile. */
  async room(): Promise<boolean> {
    while (!this.#closed && !this.#slots.some(({ free }) => free)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return !this.#closed
  }

  /** Writes a batch into a free slot, which is the client's then. `unavailable` when shared memory is full. */
  write(batch: ColumnBatch): Written {
    const number = this.#slots.findIndex(({ free }) => free)
    const slot = this.#slots[number]!
    const layout = new Layout()
    const columns = batch.columns.map((column) => layout.place(column))
    const known = slot.fd !== undefined && slot.size >= layout.size
    try {
      if (!known) this.#renew(slot, layout.size)
      layout.writeTo(slot.fd!)
    } catch (error) {
      throw fullError(error, this.#folder)
    }
    slot.free = false
    return { slot: number, path: known ? undefined : slot.path, size: slot.size, columns }
  }

  #renew(slot: Slot, bytes: number): void {
    this.#drop(slot)
    const path = join(this.#folder, `${PREFIX}${process.pid}-${randomUUID()}`)
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    slot.fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    slot.path = path
    slot.size = Math.max(STEP, Math.ceil(bytes / STEP) * STEP)
  }

  /** The client has the slot's file open: it needs no name any more. */
  opened(number: number): void {
    const slot = this.#slots[number]
    if (slot?.path === undefined) return
    rmSync(slot.path, { force: true })
    slot.path = undefined
  }

  /** The client is done with the slot. */
  release(number: number): void {
    const slot = this.#slots[number]
    if (slot === undefined) return
    slot.free = true
    this.#wake()
  }

  /** Files that a client maps stay until it unmaps them. */
  close(): void {
    this.#closed = true
    for (const slot of this.#slots) this.#drop(slot)
    this.#wake()
  }

  #drop(slot: Slot): void {
    if (slot.path !== undefined) rmSync(slot.path, { force: true })
    if (slot.fd !== undefined) closeSync(slot.fd)
    slot.path = undefined
    slot.fd = undefined
    slot.size = 0
  }
}

function fullError(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  const { bavail, bsize } = statfsSync(folder)
  const left = `${folder} is full (${bavail * bsize} bytes left)`
  const advice = 'free some, or set VARVE_SHM to another folder in memory'
  return new VarveError('unavailable', `bridge: ${left}: ${advice}`, { path: folder }, error)
}

/** Where the buffers of a batch go, one behind the other. */
class Layout {
  readonly #parts: Uint8Array[] = []
  size = 0

  place({ length, validity, offsets, values, children = [] }: ColumnVector): PlacedVector {
    const buffers = [
      this.#add(validity),
      ...[offsets, values].filter((one) => one !== undefined).map((one) => this.#add(one)),
    ]
    return { rows: length, buffers, children: children.map((child) => this.place(child)) }
  }

  #add(view: ArrayBufferView | undefined): Place | undefined {
    if (view === undefined) return undefined
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    const place = { offset: this.size, length: bytes.length }
    const padding = -bytes.length & (ALIGNED - 1)
    this.#parts.push(bytes)
    if (padding > 0) this.#parts.push(PADDING.subarray(0, padding))
    this.size += bytes.length + padding
    return place
  }

  writeTo(fd: number): void {
    let position = 0
    let parts = this.#parts
    while (parts.length > 0) {
      const some = parts.slice(0, VECTORS)
      const wanted = some.reduce((sum, { length }) => sum + length, 0)
      const wrote = writevSync(fd, some, position)
      position += wrote
      parts = wrote === wanted ? parts.slice(VECTORS) : rest(parts, wrote)
    }
  }
}

const PADDING = new Uint8Array(ALIGNED)

/** What is left of the parts behind `bytes` bytes; a write into memory that fills up may be short. */
function rest(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  const left: Uint8Array[] = []
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length
    else {
      left.push(part.subarray(skip))
      skip = 0
    }
  }
  return left
}
