/** A tar file that is written entry by entry: under its own name only when it is whole. */

import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { fileError } from '../../store/file/errors.ts'
import { temporaryName } from '../../store/file/paths.ts'

type Sink = ReturnType<Pack['entry']>

export class TarFile {
  readonly #path: string
  readonly #temporary: string
  readonly #pack: Pack = pack()
  /** Ends with the file; fails as soon as it cannot be written. */
  readonly #written: Promise<void>
  #sink: Sink | undefined

  constructor(file: string) {
    this.#path = resolve(file)
    this.#temporary = join(dirname(this.#path), temporaryName())
    this.#written = pipeline(this.#pack, createWriteStream(this.#temporary, { flags: 'wx', flush: true }))
    // Told to whoever writes next.
    this.#written.catch(() => undefined)
  }

  /** Begins an entry of exactly this size. All of them have the same time, so that equal contents are equal files. */
  async begin(name: string, size: number): Promise<void> {
    try {
      this.#sink = this.#pack.entry({ name, size, mtime: new Date(0), mode: 0o644 })
    } catch {
      // It takes no more entries because its file has failed meanwhile: that is what to say.
      await this.#orFailure(() => undefined)
    }
    // The file's own failure is the one to report.
    this.#sink!.on('error', () => undefined)
  }

  async write(bytes: Uint8Array): Promise<void> {
    const sink = this.#sink!
    if (sink.write(bytes)) return
    await this.#orFailure((done) => sink.once('drain', () => done()))
  }

  async end(): Promise<void> {
    const sink = this.#sink!
    await this.#orFailure((done) => {
      sink.once('finish', done)
      sink.end(undefined)
    })
  }

  async add(name: string, bytes: Uint8Array): Promise<void> {
    await this.begin(name, bytes.length)
    await this.write(bytes)
    await this.end()
  }

  /** Gives the file its name, and tells its size. */
  async finish(): Promise<number> {
    this.#pack.finalize()
    try {
      await this.#written
      const { size } = await stat(this.#temporary)
      await rename(this.#temporary, this.#path)
      return size
    } catch (error) {
      throw fileError(error, this.#path)
    }
  }

  /** Leaves nothing behind; after `finish` there is nothing to leave. */
  async close(): Promise<void> {
    this.#pack.destroy()
    await this.#written.catch(() => undefined)
    await rm(this.#temporary, { force: true })
  }

  /** A stream whose file has failed says nothing any more: waiting for it alone would never end. */
  async #orFailure(wait: (done: () => void) => void): Promise<void> {
    try {
      await Promise.race([new Promise<void>((done) => wait(done)), this.#written])
    } catch (error) {
      throw fileError(error, this.#path)
    }
  }
}
