/** A folder of the user's that files are written into, and nothing outside it. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { VarveError } from '../../errors.ts'
import { errnoOf, fileError } from '../../store/file/errors.ts'
import { pathProblem } from '../names.ts'

export interface Standing {
  readonly size: number
  /** Of the last change, milliseconds since 1970. */
  readonly modified: number
}

export class Folder {
  /** Folders that were made or looked at, by path; each once. */
  readonly #known = new Map<string, Promise<void>>()

  private constructor(
    /** As the user wrote it, absolute. */
    readonly path: string,
    /** With symbolic links resolved: the folder itself may be one. */
    readonly real: string,
  ) {}

  /** Makes the folder where it is missing. */
  static async open(folder: string): Promise<Folder> {
    const path = resolve(folder)
    try {
      await mkdir(path, { recursive: true })
      return new Folder(path, await realpath(path))
    } catch (error) {
      throw fileError(error, path)
    }
  }

  /**
   * Where a logical path goes, its folders made. `invalid-input` for a hostile path, `denied` when a symbolic link on
   * the way leads out, `conflict` when a file stands in the way.
   */
  async placeFor(path: string): Promise<string> {
    const problem = pathProblem(path)
    if (problem !== undefined)
      throw new VarveError('invalid-input', `the path ${JSON.stringify(path)} ${problem}`, { path })
    const parts = path.split('/').slice(0, -1)
    for (let depth = 1; depth <= parts.length; depth++) await this.#enter(parts.slice(0, depth).join('/'))
    return join(this.path, path)
  }

  #enter(folder: string): Promise<void> {
    const known = this.#known.get(folder)
    if (known !== undefined) return known
    const entered = this.#make(join(this.path, folder))
    this.#known.set(folder, entered)
    return entered
  }

  /** Not `mkdir -p`, which would follow a link out before anyone has looked at it. */
  async #make(place: string): Promise<void> {
    try {
      await mkdir(place)
      return
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw fileError(error, place)
    }
    const facts = await lstat(place)
    if (facts.isDirectory()) return
    if (!facts.isSymbolicLink())
      throw new VarveError('conflict', `${place} is a file, expected a folder`, { uri: place })
    const target = await realpath(place).catch((error: unknown) => {
      throw fileError(error, place)
    })
    if (target !== this.real && !target.startsWith(this.real.endsWith(sep) ? this.real : this.real + sep)) {
      const message = `${place} is a symbolic link out of ${this.path}, and nothing is written through it`
      throw new VarveError('denied', message, { uri: place })
    }
    // A link that stays inside must still lead to a folder.
    if (!(await lstat(target)).isDirectory())
      throw new VarveError('conflict', `${place} leads to a file, expected a folder`, { uri: place })
  }
}

/** What stands under a file's final name; `conflict` when it is no plain file. */
export async function standingAt(place: string): Promise<Standing | undefined> {
  try {
    const facts = await lstat(place)
    if (facts.isFile()) return { size: facts.size, modified: Math.round(facts.mtimeMs) }
    const kind = facts.isSymbolicLink()
      ? 'a symbolic link'
      : facts.isDirectory()
        ? 'a folder'
        : 'no plain file'
    throw new VarveError('conflict', `${place} is ${kind}, expected a file or nothing`, { uri: place })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw fileError(error, place)
  }
}

/** SHA-256 of a file. */
export async function hashOfFile(place: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  try {
    const stream = createReadStream(place, { highWaterMark: 1024 * 1024, signal })
    for await (const bytes of stream) hash.update(bytes as Uint8Array)
  } catch (error) {
    if ((error as Error).name === 'AbortError')
      throw new VarveError('aborted', `reading ${place} was cancelled`, {}, error)
    throw fileError(error, place)
  }
  return hash.digest('hex')
}
