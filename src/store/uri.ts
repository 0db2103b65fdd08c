import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { VarveError } from '../errors.ts'

/** A store's URL, ending in `/`, and a key in it: `store + key` is the object's URI, character by character. */
export interface ParsedUri {
  readonly store: string
  readonly key: string
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i

/**
 * Takes `s3://…`, `file://…`, `memory://…` or a local path (relative to `cwd`; `~/` is the home folder) apart.
 *
 * Keys are taken as written, without percent-decoding, as every S3 tool does: a `%` or `#` in a name is just that.
 * Throws `invalid-input` for what names nothing, `unsupported` for another scheme.
 */
export function parseUri(text: string, cwd: string = process.cwd()): ParsedUri {
  if (text.includes('\0'))
    throw new VarveError('invalid-input', `${JSON.stringify(text)} contains a NUL`, { uri: text })
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return parsePath(text, cwd)
  const rest = text.slice(scheme.length + 3)
  if (scheme === 'file') return parseFile(text, rest)
  if (scheme === 's3' || scheme === 'memory') return parseBucket(scheme, rest)
  throw new VarveError(
    'unsupported',
    `${text}: no store for ${scheme}://, expected s3://, file:// or a path`,
    {
      uri: text,
      scheme,
    },
  )
}

/** Whether `text` begins with a scheme, known or not; everything else is a local path. */
export function isUri(text: string): boolean {
  return SCHEME.test(text)
}

function parsePath(text: string, cwd: string): ParsedUri {
  if (text === '') throw new VarveError('invalid-input', 'an empty path names no file', { uri: text })
  const expanded = text === '~' || text.startsWith('~/') ? homedir() + text.slice(1) : text
  const path = resolve(cwd, expanded)
  // `resolve` drops the slash that says "a folder".
  const slash = expanded.endsWith('/') && path !== '/' ? '/' : ''
  return { store: 'file:///', key: path.slice(1) + slash }
}

function parseFile(text: string, rest: string): ParsedUri {
  const path = rest.startsWith('localhost/') ? rest.slice('localhost'.length) : rest
  if (!path.startsWith('/')) {
    throw new VarveError('invalid-input', `${text} names another machine, expected file:///path`, {
      uri: text,
    })
  }
  return parsePath(undoEscapes(path), '/')
}

/** Other programs write `file://` URLs percent-encoded; that reading is taken when only it names a file. */
function undoEscapes(path: string): string {
  if (!/%[0-9a-f]{2}/i.test(path) || existsSync(path)) return path
  try {
    const decoded = decodeURIComponent(path)
    return !decoded.includes('\0') && existsSync(decoded) ? decoded : path
  } catch {
    return path
  }
}

function parseBucket(scheme: string, rest: string): ParsedUri {
  const slash = rest.indexOf('/')
  const bucket = slash < 0 ? rest : rest.slice(0, slash)
  const pattern = scheme === 's3' ? /^[a-z0-9][a-z0-9._-]{1,254}$/i : /^[^/]+$/
  if (!pattern.test(bucket)) {
    // What stands before an @ may be a password that someone pasted.
    const shown = bucket.includes('@') ? '…' : JSON.stringify(bucket)
    throw new VarveError('invalid-input', `${shown} is no bucket name, expected ${scheme}://bucket/key`, {
      scheme,
    })
  }
  return { store: `${scheme}://${bucket}/`, key: slash < 0 ? '' : rest.slice(slash + 1) }
}
