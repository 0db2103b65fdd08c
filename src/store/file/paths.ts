import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { VarveError } from '../../errors.ts'
import { checkKey } from '../keys.ts'

/** The path of a key under `root` (which ends in `/`); throws `invalid-input` for keys that would leave it. */
export function keyPath(root: string, key: string): string {
  const url = `file://${root}`
  checkKey(url, key)
  const segments = key.split('/')
  const bad = segments.find((segment) => segment === '' || segment === '.' || segment === '..')
  if (bad !== undefined) {
    const reason = key.endsWith('/') ? 'names a folder' : `has a part ${JSON.stringify(bad)}`
    throw new VarveError('invalid-input', `${url}${key} ${reason}, expected a file`, { uri: url + key })
  }
  if (isOwnName(segments.at(-1) as string))
    throw new VarveError('invalid-input', `${url}${key} is a name varve keeps for its own temporary files`, {
      uri: url + key,
    })
  return root + key
}

/** Changes whenever the file is written (mtime, to the nanosecond), resized, or replaced (inode). */
export function fileIdentity(stat: BigIntStats): string {
  return `${stat.size.toString(16)}-${stat.mtimeNs.toString(16)}-${stat.ino.toString(16)}`
}

/** A name beside the target, since `rename` does not cross file systems; hidden from listings. */
export function temporaryName(): string {
  return `.varve-${process.pid}-${randomBytes(8).toString('hex')}.tmp`
}

/** Temporary and lock files, which are no objects. */
export function isOwnName(name: string): boolean {
  return /^\.varve-[^/]*\.(tmp|lock)$/.test(name)
}
