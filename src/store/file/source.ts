import { close, fstat, open, read, stat } from 'node:fs'
import { promisify } from 'node:util'
import type { Meter } from '../../bytes/meter.ts'
import { allocate, checkRange } from '../../bytes/range.ts'
import type { ByteSource, ReadOptions } from '../../bytes/types.ts'
import { throwIfAborted, VarveError } from '../../errors.ts'
import { rangeText, recordRequest } from '../trace.ts'
import { fileError, isMissing } from './errors.ts'
import { fileIdentity } from './paths.ts'

const openFile = promisify(open)
const closeFile = promisify(close)
const statFile = promisify(stat)
const fstatFile = promisify(fstat)
const readFile = promisify(read)

/** Between two chunks a read looks whether it was cancelled. */
const CHUNK = 8 * 1024 * 1024

/** Sources that nobody closed give their descriptor back when they are collected. */
const forgotten = new FinalizationRegistry<number>((fd) => close(fd, () => {}))

/** A file that stays open; every read finds out whether the path still names the same bytes. */
export class FileSource implements ByteSource {
  #opening: Promise<number> | undefined
  #closed = false
  #reading = 0
  #whenIdle: (() => void) | undefined

  constructor(
    private readonly path: string,
    readonly uri: string,
    readonly size: number,
    readonly identity: string,
    private readonly meter: Meter | undefined,
    fd?: number,
  ) {
    if (fd !== undefined) this.#keep(fd)
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    const { signal } = options
    checkRange(this, start, end)
    throwIfAborted(signal)
    if (this.#closed) throw new VarveError('internal', `${this.uri} is closed`, { uri: this.uri })
    if (start === end) return new Uint8Array(0)
    const began = performance.now()
    let got = 0
    let status: number | null = null
    this.#reading++
    try {
      const bytes = allocate(end - start, options)
      const fd = await this.#descriptor()
      while (got < bytes.length) {
        const length = Math.min(CHUNK, bytes.length - got)
        const { bytesRead } = await readFile(fd, bytes, got, length, start + got)
        if (bytesRead === 0) break
        got += bytesRead
        throwIfAborted(signal)
      }
      // After the read, so that a write in the middle of it is found too.
      status = await this.#check()
      if (status !== 206) throw this.#gone(status)
      if (got < bytes.length) throw this.#short(start, end, got)
      return bytes
    } catch (error) {
      if (isMissing(error)) status = 404
      throw fileError(error, this.uri)
    } finally {
      if (--this.#reading === 0) this.#whenIdle?.()
      const range = rangeText(start, end)
      recordRequest(
        { op: 'GET', uri: this.uri, range, status, bytes: got, ms: performance.now() - began },
        this.meter,
      )
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    forgotten.unregister(this)
    // A descriptor that is closed under a read may by then be another file's.
    if (this.#reading > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    const fd = await this.#opening?.catch(() => undefined)
    if (fd !== undefined) await closeFile(fd)
  }

  #keep(fd: number): void {
    this.#opening = Promise.resolve(fd)
    forgotten.register(this, fd, this)
  }

  async #descriptor(): Promise<number> {
    this.#opening ??= openFile(this.path, 'r').then((fd) => {
      forgotten.register(this, fd, this)
      return fd
    })
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  /** 206: the path and the open file are what they were; 404: nothing there; 412: something else. */
  async #check(): Promise<number> {
    try {
      const now = await statFile(this.path, { bigint: true })
      if (fileIdentity(now) !== this.identity) return 412
    } catch (error) {
      if (isMissing(error)) return 404
      throw error
    }
    // The open file may be an older one when the path was replaced before `attach`'s first read and put back.
    const fd = await this.#descriptor()
    return fileIdentity(await fstatFile(fd, { bigint: true })) === this.identity ? 206 : 412
  }

  #gone(status: number): VarveError {
    const details = { uri: this.uri, expected: this.identity }
    return status === 404
      ? new VarveError('not-found', `${this.uri} does not exist any more`, details)
      : new VarveError('stale', `${this.uri} has changed since it was opened`, details)
  }

  #short(start: number, end: number, got: number): VarveError {
    return new VarveError(
      'unavailable',
      `${this.uri} gave ${got} bytes, expected ${end - start} at ${start}`,
      { uri: this.uri, start, end, got },
    )
  }
}

/** A file opened once, with what it is; undefined when there is none. */
export async function openSource(
  path: string,
  uri: string,
  meter: Meter | undefined,
): Promise<FileSource | undefined> {
  try {
    // Before opening: opening a pipe would wait for its writer.
    const before = await statFile(path)
    if (!before.isFile()) throw notAFile(uri, before.isDirectory())
    const fd = await openFile(path, 'r')
    try {
      const facts = await fstatFile(fd, { bigint: true })
      if (!facts.isFile()) throw notAFile(uri, facts.isDirectory())
      return new FileSource(path, uri, Number(facts.size), fileIdentity(facts), meter, fd)
    } catch (error) {
      await closeFile(fd)
      throw error
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw fileError(error, uri)
  }
}

export function notAFile(uri: string, directory: boolean): VarveError {
  const what = directory ? 'a folder' : 'a device, pipe or socket'
  return new VarveError('invalid-input', `${uri} is ${what}, expected a file`, { uri })
}
