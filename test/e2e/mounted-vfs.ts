/** A mounted folder as a `Vfs`: what the kernel says of it, asked through node:fs, with errno as varve's codes. */

import { constants, statfsSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { type ErrorCode, VarveError } from '../../src/errors.ts'
import type { OpenFile, Vfs } from '../../src/mount/types.ts'

/** What the kernel answers, and what a tree says for it; what is not in here is a failure of the test. */
const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  // Something is below a file.
  ENOTDIR: 'not-found',
  // A folder, and a link that is not to be followed.
  EISDIR: 'invalid-input',
  ELOOP: 'invalid-input',
  EINVAL: 'invalid-input',
  EIO: 'invalid-data',
  ESTALE: 'stale',
  EACCES: 'denied',
  EROFS: 'read-only',
}

/** `point` is where it is mounted; closing it leaves the mount as it is. */
export function mountedVfs(point: string): Vfs {
  const at = (path: string): string => (path === '/' ? point : point + path)

  /** What `ask` gives, undefined for these codes. */
  async function asked<T>(
    path: string,
    ask: () => Promise<T>,
    nothing: readonly ErrorCode[] = ['not-found'],
  ): Promise<T | undefined> {
    try {
      await refuseLinks(path)
      return await ask()
    } catch (error) {
      const known = varveErrorOf(path, error)
      if (nothing.includes(known.code)) return undefined
      throw known
    }
  }

  /** The kernel goes on where a link leads; a tree has nothing below one. */
  async function refuseLinks(path: string): Promise<void> {
    for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash)
      if ((await fs.lstat(at(parent))).isSymbolicLink())
        throw new VarveError('not-found', `${parent} is a link`, { path })
    }
  }

  async function openFile(path: string): Promise<OpenFile> {
    const file = await fs.open(at(path), constants.O_RDONLY | constants.O_NOFOLLOW)
    const stats = await file.stat()
    if (!stats.isFile()) {
      // The kernel opens folders, too, for `readdir`.
      await file.close()
      throw new VarveError('invalid-input', `${path} is no file`, { path })
    }
    return {
      size: stats.size,
      read: async (target, start) => (await file.read(target, 0, target.length, start)).bytesRead,
      close: () => file.close(),
    }
  }

  return {
    getattr: (path) =>
      asked(path, async () => {
        const stats = await fs.lstat(at(path))
        const kind = stats.isFile()
          ? 'file'
          : stats.isDirectory()
            ? 'folder'
            : stats.isSymbolicLink()
              ? 'link'
              : undefined
        if (kind === undefined) throw new Error(`${path} has the mode ${stats.mode.toString(8)}`)
        const { size, mtimeMs, ino } = stats
        return { kind, size, mode: stats.mode & 0o7777, modified: mtimeMs, ino }
      }),

    readdir: (path) =>
      asked(path, async () =>
        (await fs.lstat(at(path))).isSymbolicLink() ? undefined : fs.readdir(at(path)),
      ),

    readlink: (path) => asked(path, () => fs.readlink(at(path)), ['not-found', 'invalid-input']),

    async open(path) {
      const file = await asked(path, () => openFile(path), [])
      return file as OpenFile
    },

    statfs() {
      const { files, blocks, bsize } = statfsSync(point)
      return { files, bytes: blocks * bsize }
    },

    close: async () => undefined,
  }
}

function varveErrorOf(path: string, error: unknown): VarveError {
  if (error instanceof VarveError) return error
  const code = CODE_OF[(error as NodeJS.ErrnoException).code ?? '']
  if (code === undefined) throw error
  return new VarveError(code, `${path}: ${(error as Error).message}`, { path }, error)
}
