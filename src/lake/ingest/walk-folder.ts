/**
 * The files under a local folder, and what there cannot be one.
 *
 * Not `store.list`: a listing passes over what is no object and reads a folder whole, to sort it. Here every name is
 * answered for, and a folder of a million files is read as a stream.
 */

import type { BigIntStats, Dirent } from 'node:fs'
import { access, constants, opendir, realpath, stat } from 'node:fs/promises'
import { throwIfAborted, VarveError } from '../../errors.ts'
import { errnoOf, fileError, isMissing } from '../../store/file/errors.ts'
import { fileInfo } from '../../store/file/list.ts'
import { isOwnName } from '../../store/file/paths.ts'
import { notAFile } from '../../store/file/source.ts'
import type { ObjectInfo, ObjectStore } from '../../store/index.ts'

/** What is found, before its name is looked at: `path` is relative to where the walk began. */
export type Found =
  | { readonly path: string; readonly store: ObjectStore; readonly info: ObjectInfo }
  | { readonly path: string; readonly error: VarveError }

/** How many names are looked at together. */
const TOGETHER = 64

/** A folder on the way to where the walk is, by what it is, not by how it is called. */
interface Ancestor {
  readonly id: string
  readonly above: Ancestor | undefined
}

/** A folder still to be read: its path under the root, empty or ending in a slash. */
interface Pending {
  readonly folder: string
  readonly above: Ancestor | undefined
}

/** What a path leads to, links followed; undefined: nothing. Throws for what is neither. */
export async function whatIs(path: string): Promise<'file' | 'folder' | undefined> {
  let facts: BigIntStats
  try {
    facts = await stat(path, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw fileError(error, `file://${path}`)
  }
  if (facts.isDirectory()) return 'folder'
  if (facts.isFile()) return 'file'
  throw notAFile(`file://${path}`, false)
}

/**
 * Walks `root` (an absolute path); `store` is the one of `file:///`. Links are followed as long as they stay inside,
 * and give the names that lead through them.
 */
export async function* walkFolder(
  store: ObjectStore,
  root: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found> {
  const top = root.endsWith('/') ? root : `${root}/`
  const realTop = await realFolder(top)
  const pending: Pending[] = [{ folder: '', above: undefined }]

  async function* read({ folder, above }: Pending): AsyncGenerator<Found> {
    const here = { id: idOf(await stat(top + folder, { bigint: true })), above }
    let batch: Dirent[] = []
    async function* flush(): AsyncGenerator<Found> {
      throwIfAborted(signal)
      for (const found of await Promise.all(batch.map((entry) => look(folder, entry, here))))
        if (found !== undefined) yield found
      batch = []
    }
    for await (const entry of await opendir(top + folder, { bufferSize: TOGETHER })) {
      if (isOwnName(entry.name)) continue
      if (batch.push(entry) === TOGETHER) yield* flush()
    }
    yield* flush()
  }

  /** A file or a failure; a folder is kept for later. */
  async function look(folder: string, entry: Dirent, here: Ancestor): Promise<Found | undefined> {
    const path = folder + entry.name
    const uri = `file://${top}${path}`
    const wait = (): undefined => void pending.push({ folder: `${path}/`, above: here })
    try {
      if (entry.isDirectory()) return wait()
      if (entry.isSymbolicLink()) await checkLink(top + path, realTop)
      // Looking at a device's or pipe's facts is safe; opening it would not be.
      const facts = await stat(top + path, { bigint: true })
      if (facts.isDirectory()) {
        if (isAmong(idOf(facts), here)) throw badLink(uri, 'into a folder that it lies in itself')
        return wait()
      }
      if (!facts.isFile()) throw notAFile(uri, false)
      await checkReadable(top + path, facts)
      return { path, store, info: fileInfo({ key: (top + path).slice(1), facts }) }
    } catch (error) {
      return { path, error: wrongName(error, entry.name, uri) }
    }
  }

  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    try {
      yield* read(next)
    } catch (error) {
      const failure = fileError(error, `file://${top}${next.folder}`)
      if (next.folder === '' || failure.code === 'aborted' || failure.code === 'internal') throw failure
      yield { path: next.folder.slice(0, -1), error: failure }
    }
  }
}

/** The real path of a folder, ending in a slash, as `checkLink` takes it. */
export async function realFolder(folder: string): Promise<string> {
  try {
    const path = await realpath(folder)
    return path === '/' ? path : `${path}/`
  } catch (error) {
    throw fileError(error, `file://${folder}`)
  }
}

/** Throws when a path, all its links followed, is not below `realTop`. */
export async function checkLink(path: string, realTop: string): Promise<void> {
  const uri = `file://${path}`
  let target: string
  try {
    target = await realpath(path)
  } catch (error) {
    if (isMissing(error))
      throw new VarveError('not-found', `${uri} is a symbolic link that leads nowhere`, { uri }, error)
    throw error
  }
  if (!`${target}/`.startsWith(realTop)) throw badLink(uri, 'out of the folder that was given')
}

/** Without its target: that is no part of what was given. */
function badLink(uri: string, where: string): VarveError {
  return new VarveError('invalid-input', `${uri} is a symbolic link that leads ${where}`, { uri })
}

async function checkReadable(path: string, facts: BigIntStats): Promise<void> {
  // What everyone may read needs no second question to the file system.
  if ((facts.mode & 0o444n) !== 0o444n) await access(path, constants.R_OK)
}

/** Names that are not UTF-8 come with U+FFFD in them, and are then not found. */
function wrongName(error: unknown, name: string, uri: string): VarveError {
  if (errnoOf(error) !== 'ENOENT' || !name.includes('\ufffd')) return fileError(error, uri)
  return new VarveError('invalid-input', `${uri} has a name that is not UTF-8`, { uri }, error)
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

function isAmong(id: string, ancestor: Ancestor | undefined): boolean {
  for (let at = ancestor; at !== undefined; at = at.above) if (at.id === id) return true
  return false
}
