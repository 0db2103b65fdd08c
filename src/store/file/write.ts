import { constants } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { throwIfAborted } from '../../errors.ts'
import type { PutOptions, PutResult } from '../types.ts'
import { errnoOf, isMissing } from './errors.ts'
import { withLock } from './lock.ts'
import { fileIdentity, temporaryName } from './paths.ts'

/** Creates an empty file beside `target`, its folder too where it is missing. */
export async function createBeside(target: string): Promise<{ path: string; file: FileHandle }> {
  const folder = dirname(target)
  await mkdir(folder, { recursive: true })
  const path = join(folder, temporaryName())
  return { path, file: await open(path, 'wx') }
}

/** Writes `body` under `target`, whole or not at all, and durably. */
export async function writeWhole(target: string, body: Uint8Array, options: PutOptions): Promise<PutResult> {
  if (options.ifNoneMatch === '*' && (await exists(target))) return 'exists'
  return viaTemporary(target, options, (file) => file.writeFile(body, { signal: options.signal }))
}

/** A copy of `from`, by reference where the file system can. */
export async function copyWhole(from: string, target: string, options: PutOptions): Promise<PutResult> {
  return viaTemporary(target, options, (_file, path) => copyFile(from, path, constants.COPYFILE_FICLONE))
}

async function viaTemporary(
  target: string,
  options: PutOptions,
  fill: (file: FileHandle, path: string) => Promise<void>,
): Promise<PutResult> {
  const { path, file } = await createBeside(target)
  try {
    try {
      await fill(file, path)
      await file.sync()
    } finally {
      await file.close()
    }
    return await place(path, target, options)
  } finally {
    await removeIfThere(path)
  }
}

/**
 * Gives a finished temporary file its name under the conditions of a put. Put-if-absent is one `link`, which fails
 * when the name is taken; everything that replaces holds the name's lock between the look and the rename.
 */
export async function place(path: string, target: string, options: PutOptions): Promise<PutResult> {
  throwIfAborted(options.signal)
  const result =
    options.ifNoneMatch === '*' ? await placeNew(path, target) : await replace(path, target, options)
  if (result === 'written') await syncFolder(dirname(target))
  return result
}

async function placeNew(path: string, target: string): Promise<PutResult> {
  try {
    await link(path, target)
    return 'written'
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'exists'
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error))) throw error
  }
  // A file system without hard links: then all writers of this name must take its lock.
  return withLock(target, undefined, async () => {
    if (await exists(target)) return 'exists'
    await rename(path, target)
    return 'written'
  })
}

async function replace(path: string, target: string, { ifMatch, signal }: PutOptions): Promise<PutResult> {
  return withLock(target, signal, async () => {
    if (ifMatch !== undefined && (await identityOf(target)) !== ifMatch) return 'changed'
    await rename(path, target)
    return 'written'
  })
}

/** Deleting what is not there, or is no file, is no error. */
export async function remove(target: string, signal: AbortSignal | undefined): Promise<void> {
  if (!(await exists(target))) return
  await withLock(target, signal, async () => {
    try {
      await unlink(target)
    } catch (error) {
      if (!isMissing(error) && errnoOf(error) !== 'EISDIR') throw error
    }
  })
  await syncFolder(dirname(target))
}

export async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const facts = await stat(path, { bigint: true })
    return facts.isFile() ? fileIdentity(facts) : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return (await identityOf(path)) !== undefined
}

/** A rename survives a power cut only once its folder is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems refuse to sync a folder.
    if (!['EINVAL', 'ENOTSUP', 'EISDIR'].includes(errnoOf(error))) throw error
  } finally {
    await handle.close()
  }
}
