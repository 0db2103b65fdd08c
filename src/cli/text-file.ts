import { readFile } from 'node:fs/promises'
import { VarveError } from '../errors.ts'

/** A file that holds `what` (statements, a JSON Schema); a missing one is `not-found`. */
export async function readTextFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const details = { path: file }
    if (code === 'ENOENT') throw new VarveError('not-found', `${file} does not exist`, details, error)
    if (code === 'EISDIR')
      throw new VarveError('invalid-input', `${file} is a folder, expected a file of ${what}`, details, error)
    if (code === 'EACCES')
      throw new VarveError('denied', `${file} cannot be read: permission denied`, details, error)
    throw new VarveError('internal', `${file} cannot be read: ${message}`, details, error)
  }
}
