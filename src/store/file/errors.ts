import { type ErrorCode, toVarveError, VarveError } from '../../errors.ts'

const REASONS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['not-found', 'does not exist'],
  ENOTDIR: ['invalid-input', 'lies under something that is a file, not a folder'],
  EEXIST: ['invalid-input', 'lies under something that is a file, not a folder'],
  EISDIR: ['invalid-input', 'is a folder, expected a file'],
  ENOTEMPTY: ['invalid-input', 'is a folder, expected a file'],
  ELOOP: ['invalid-input', 'is a symbolic link that leads to itself'],
  ENAMETOOLONG: ['invalid-input', 'has a name longer than the file system allows'],
  EACCES: ['denied', 'may not be accessed by this user'],
  EPERM: ['denied', 'may not be accessed by this user'],
  EROFS: ['read-only', 'lies on a file system that is mounted read-only'],
  ENOSPC: ['unavailable', 'cannot be written: no space is left on its file system'],
  EDQUOT: ['unavailable', 'cannot be written: the disk quota is used up'],
  EMFILE: ['unavailable', 'cannot be opened: too many files are open in this process'],
  ENFILE: ['unavailable', 'cannot be opened: too many files are open on this machine'],
  EIO: ['unavailable', 'cannot be read or written: the disk reports an I/O error'],
}

/** What the file system said, as a VarveError about `uri`; those of ours pass through. */
export function fileError(error: unknown, uri: string): VarveError {
  if (error instanceof VarveError) return error
  // node's own files end so by their signal; it is nothing that the disk did.
  if ((error as Error).name === 'AbortError') return toVarveError(error)
  const errno = errnoOf(error)
  const [code, reason] = REASONS[errno] ?? ['internal', `failed: ${(error as Error).message}`]
  // A disk does not get better by asking again at once.
  return new VarveError(code, `${uri} ${reason} (${errno})`, { uri, errno, permanent: true }, error)
}

/** `ENOENT` and the like, or `''`. */
export function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ''
}

/** Whether there is nothing under the name: it is missing, or a part of its path is a file. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR'
}
