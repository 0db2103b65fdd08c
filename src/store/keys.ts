import { VarveError } from '../errors.ts'

/** Byte order of UTF-8, which is the order of every listing; JavaScript's own compares UTF-16 units. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Throws `invalid-input` for a key that names no object: empty, too long, or with a NUL. */
export function checkKey(url: string, key: string): void {
  const problem =
    key === ''
      ? 'is empty'
      : key.includes('\0')
        ? 'contains a NUL'
        : Buffer.byteLength(key) > 4096
          ? 'is longer than 4096 bytes'
          : undefined
  if (problem !== undefined)
    throw new VarveError('invalid-input', `the object name in ${url} ${problem}`, { url, key })
}
