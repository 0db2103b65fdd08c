import picomatch from 'picomatch'
import { locate, type OpenStoreOptions } from './open.ts'
import type { ObjectInfo, ObjectStore } from './types.ts'

export interface Found extends ObjectInfo {
  readonly store: ObjectStore
  /** The whole URI. */
  readonly uri: string
  /** As one would write it in the manner of the pattern: a relative path stays one. */
  readonly name: string
}

export interface GlobOptions extends OpenStoreOptions {
  readonly signal?: AbortSignal | undefined
}

const MAGIC = /[*?[\]{}\\]/

/** Whether a URI or path contains characters with which it could mean several objects. */
export function isGlob(text: string): boolean {
  return MAGIC.test(text)
}

/**
 * The objects that a pattern names, in byte order of their keys: `*`, `?`, `[…]` within a part of the path,
 * `{a,b}`, and `**` across parts. As in a shell, `*` and `**` pass over names that begin with a dot.
 *
 * An object whose name is the pattern, letter by letter, is what is meant, alone.
 */
export async function* glob(pattern: string, options: GlobOptions = {}): AsyncGenerator<Found> {
  const { signal, ...opening } = options
  const magic = pattern.search(MAGIC)
  if (magic < 0 || !pattern.endsWith('/')) {
    const { store, key } = locate(pattern, opening)
    const exact = await store.info(key, { signal })
    if (exact !== undefined) yield { ...exact, store, uri: store.url + key, name: pattern }
    if (exact !== undefined || magic < 0) return
  }
  const base = pattern.slice(0, pattern.lastIndexOf('/', magic) + 1)
  const rest = pattern.slice(base.length)
  const { store, key } = locate(base === '' ? './' : base, opening)
  for await (const info of matches(store, key, rest, signal))
    yield { ...info, store, uri: store.url + info.key, name: base + info.key.slice(key.length) }
}

/** Objects under the literal `base` that match `rest`; parts of the path that cannot match are not listed. */
async function* matches(
  store: ObjectStore,
  base: string,
  rest: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectInfo> {
  const slash = firstSlash(rest)
  const part = slash < 0 ? rest : rest.slice(0, slash)
  // `**`, and alternatives of different depth, need everything below.
  if (part.includes('**') || part.includes('/')) {
    const fits = matcher(rest)
    for await (const entry of store.list(base + literalStart(rest), { signal })) {
      if ('key' in entry && fits(entry.key.slice(base.length))) yield entry
    }
    return
  }
  const below = rest.slice(part.length + 1)
  if (slash >= 0 && !MAGIC.test(part)) {
    yield* matches(store, `${base}${part}/`, below, signal)
    return
  }
  const fits = matcher(part)
  for await (const entry of store.list(base + literalStart(part), { delimiter: '/', signal })) {
    if ('key' in entry) {
      if (slash < 0 && fits(entry.key.slice(base.length))) yield entry
    } else if (slash >= 0 && fits(entry.prefix.slice(base.length, -1))) {
      yield* matches(store, entry.prefix, below, signal)
    }
  }
}

/** Where the first part of a pattern ends; a slash inside braces or brackets does not count. */
function firstSlash(pattern: string): number {
  let depth = 0
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]
    if (c === '\\') i++
    else if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') depth = Math.max(0, depth - 1)
    else if (c === '/' && depth === 0) return i
  }
  return -1
}

function literalStart(pattern: string): string {
  const magic = pattern.search(MAGIC)
  return magic < 0 ? pattern : pattern.slice(0, magic)
}

function matcher(pattern: string): (text: string) => boolean {
  return picomatch(pattern, {
    nonegate: true,
    noextglob: true,
    dot: false,
    posix: true,
    windows: false,
    strictSlashes: true,
  })
}
