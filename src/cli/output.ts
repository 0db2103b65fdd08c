/** Where results go: standard output with backpressure, or a file that appears whole or not at all. */

import { once } from 'node:events'
import { unlinkSync } from 'node:fs'
import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { VarveError } from '../errors.ts'
import type { Io } from './context.ts'

export interface Output {
  /** Resolves when the piece was taken and more is welcome. */
  write(piece: string | Uint8Array): Promise<void>
  /** Makes what was written visible. */
  finish(): Promise<void>
  /** Forgets what was written. */
  discard(): Promise<void>
}

/** The reader of our output went away, as `head` does: no error, but no reason to go on. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** The first error of each stream; a listener must stay, since a late EPIPE would else end the process. */
const failures = new WeakMap<NodeJS.WritableStream, { error?: NodeJS.ErrnoException }>()

function failureOf(stream: NodeJS.WritableStream): { error?: NodeJS.ErrnoException } {
  let failure = failures.get(stream)
  if (failure === undefined) {
    const made: { error?: NodeJS.ErrnoException } = {}
    stream.on('error', (error: NodeJS.ErrnoException) => {
      made.error ??= error
    })
    failures.set(stream, made)
    failure = made
  }
  return failure
}

export function streamOutput(stream: Io['stdout']): Output {
  const failure = failureOf(stream)
  return {
    write: async (piece) => {
      if (failure.error === undefined && !stream.write(piece)) {
        // Both reject when the stream fails first.
        const settled = new AbortController()
        const { signal } = settled
        await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })])
          .catch(() => {})
          .finally(() => settled.abort())
      }
      if (failure.error !== undefined) throw streamError(failure.error)
    },
    finish: async () => {},
    discard: async () => {},
  }
}

function streamError(error: NodeJS.ErrnoException): Error {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return new ReaderGone()
  return writeError('standard output', error)
}

/** Files being written and not yet renamed. */
const unfinished = new Set<string>()

/** Removes what is half-written, at once; for a process that has no time left to end in order. */
export function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      unlinkSync(path)
    } catch {
      // Gone already: that is what was wanted.
    }
  }
}

/** Writes beside `path` and renames; devices and pipes are written as they are. */
export async function fileOutput(path: string): Promise<Output> {
  const target = await stat(path).catch(() => undefined)
  if (target?.isDirectory())
    throw new VarveError('invalid-input', `${path} is a folder, expected a file to write`, { path })
  if (target !== undefined && !target.isFile()) {
    const file = await openFor(path, path, 'w')
    return {
      write: (piece) => writeAll(path, file, piece),
      finish: () => file.close(),
      discard: () => file.close(),
    }
  }
  const final = target === undefined ? path : await realpath(path)
  const beside = join(dirname(final), `.${basename(final)}.${process.pid}.tmp`)
  const file = await openFor(path, beside, 'w')
  unfinished.add(beside)
  return {
    write: (piece) => writeAll(path, file, piece),
    finish: async () => {
      await file.close()
      await rename(beside, final)
      unfinished.delete(beside)
    },
    discard: async () => {
      await file.close()
      await unlink(beside).catch(() => {})
      unfinished.delete(beside)
    },
  }
}

async function writeAll(shown: string, file: FileHandle, piece: string | Uint8Array): Promise<void> {
  try {
    // `writeFile` on a handle writes on from the present position until everything is written.
    await file.writeFile(piece)
  } catch (error) {
    throw writeError(shown, error as NodeJS.ErrnoException)
  }
}

async function openFor(shown: string, path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags)
  } catch (error) {
    throw writeError(shown, error as NodeJS.ErrnoException)
  }
}

function writeError(path: string, error: NodeJS.ErrnoException): VarveError {
  const details = { path }
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new VarveError(
        'not-found',
        `${path} cannot be written: its folder does not exist`,
        details,
        error,
      )
    case 'EACCES':
    case 'EPERM':
      return new VarveError('denied', `${path} cannot be written: permission denied`, details, error)
    case 'EROFS':
      return new VarveError(
        'read-only',
        `${path} cannot be written: its file system is read-only`,
        details,
        error,
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new VarveError(
        'unavailable',
        `${path} cannot be written: no space is left on its file system`,
        details,
        error,
      )
    default:
      return new VarveError('internal', `${path} cannot be written: ${error.message}`, details, error)
  }
}
