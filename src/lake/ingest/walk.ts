/** What `varve add PATH…` finds: the files behind folders, buckets, patterns and single names. */

import { isVarveError, throwIfAborted, VarveError } from '../../errors.ts'
import { fileError } from '../../store/file/errors.ts'
import { glob, isGlob, locate, type ObjectInfo, type ObjectStore } from '../../store/index.ts'
import { pathProblem } from '../names.ts'
import { checkLink, type Found, realFolder, walkFolder, whatIs } from './walk-folder.ts'

export interface Candidate {
  /** The logical path that it would have in a version. */
  readonly path: string
  /** The object's URI: `store.url + key`. */
  readonly source: string
  readonly store: ObjectStore
  readonly key: string
  readonly size: number
  readonly identity: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

export interface Failure {
  /** The logical path; of a root that cannot be read, the root as it was given. */
  readonly path: string
  readonly error: VarveError
}

export type Walked = { readonly candidate: Candidate } | { readonly failure: Failure }

export interface WalkOptions {
  /** A logical folder that everything is put in. */
  readonly prefix?: string | undefined
  /** What relative paths start from; default the working directory. */
  readonly cwd?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The files of all roots, as they come; what cannot be one, as a failure among them. A root is a folder, a file, an
 * `s3://` or `memory://` prefix or object, or a pattern of these; one that is not there is a failure, one that is no
 * URI of a store at all ends the walk before it begins.
 *
 * A file's logical path is the one relative to the folder given; its own name when it was given itself; relative to
 * the last folder before the first special character when it matched a pattern.
 */
export async function* walk(roots: readonly string[], options: WalkOptions = {}): AsyncGenerator<Walked> {
  const { cwd, signal } = options
  const prefix = checkPrefix(options.prefix)
  for (const { root, store, key } of roots.map((root) => ({ root, ...locate(root, { cwd }) }))) {
    try {
      for await (const found of walkRoot(root, store, key, options)) {
        throwIfAborted(signal)
        yield named(found, prefix)
      }
    } catch (error) {
      if (!isVarveError(error) || error.code === 'aborted') throw error
      yield { failure: { path: root, error } }
    }
  }
}

/** The prefix as the beginning of paths: empty, or ending in a slash. */
function checkPrefix(prefix = ''): string {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  if (folder === '') return ''
  const problem = pathProblem(folder)
  if (problem === undefined) return `${folder}/`
  throw new VarveError('invalid-input', `the prefix ${JSON.stringify(prefix)} ${problem}`, { prefix })
}

function named(found: Found, prefix: string): Walked {
  const path = prefix + found.path
  if ('error' in found) return { failure: { path, error: found.error } }
  const { store, info } = found
  const source = store.url + info.key
  const problem = pathProblem(path)
  if (problem === undefined) return { candidate: { ...info, path, source, store } }
  const message = `${JSON.stringify(source)} cannot be a file of a dataset: its path ${JSON.stringify(path)} ${problem}`
  return { failure: { path, error: new VarveError('invalid-input', message, { uri: source, path }) } }
}

async function* walkRoot(
  root: string,
  store: ObjectStore,
  key: string,
  { cwd, signal }: WalkOptions,
): AsyncGenerator<Found> {
  const here = store.url === 'file:///' ? walkLocal(store, key, signal) : walkBucket(store, key, signal)
  // What is there by exactly this name is meant, whatever characters are in it.
  if (yield* here) return
  if (isGlob(root) && (yield* walkGlob(root, cwd, signal))) return
  const uri = store.url + key
  const problem = isGlob(root) ? 'matches no file' : 'does not exist'
  throw new VarveError('not-found', `${uri} ${problem}`, { uri })
}

// Each of these returns whether there was anything under the name, if only an empty folder.

async function* walkLocal(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, boolean> {
  const what = await whatIs(`/${key}`)
  if (what === 'folder') yield* walkFolder(store, `/${key}`, signal)
  if (what !== 'file') return what === 'folder'
  const info = await store.info(key, { signal })
  if (info !== undefined) yield { path: nameOf(key), store, info }
  return info !== undefined
}

/** An object, or else all below its name as a folder. */
async function* walkBucket(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, boolean> {
  const isFolder = key === '' || key.endsWith('/')
  const info = isFolder ? undefined : await store.info(key, { signal })
  if (info !== undefined) {
    yield { path: nameOf(key), store, info }
    return true
  }
  const folder = isFolder ? key : `${key}/`
  let any = false
  for await (const entry of store.list(folder, { signal })) {
    any = true
    if ('key' in entry && !isMarker(entry)) yield { path: entry.key.slice(folder.length), store, info: entry }
  }
  return any
}

async function* walkGlob(
  root: string,
  cwd: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, boolean> {
  // The literal beginning, cut as `glob` cuts it.
  const base = root.slice(0, root.lastIndexOf('/', root.search(/[*?[\]{}\\]/)) + 1)
  let realBase: string | undefined
  let any = false
  for await (const { store, name, uri: _, ...info } of glob(root, { cwd, signal })) {
    any = true
    const path = name.slice(base.length)
    if (isMarker(info)) continue
    if (store.url === 'file:///') {
      realBase ??= await realFolder(`/${info.key.slice(0, -path.length)}`)
      const error = await checkLink(`/${info.key}`, realBase).then(
        () => undefined,
        (reason: unknown) => fileError(reason, store.url + info.key),
      )
      if (error !== undefined) {
        yield { path, error }
        continue
      }
    }
    yield { path, store, info }
  }
  return any
}

/** Programs that show buckets as folders make such objects for those that are empty. */
function isMarker({ key, size }: ObjectInfo): boolean {
  return size === 0 && key.endsWith('/')
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}
