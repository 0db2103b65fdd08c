/** From a file's name to its bytes. */

import type { ByteSource } from '../bytes/index.ts'
import { VarveError } from '../errors.ts'
import { locate } from '../store/index.ts'
import type { NamedObject, ScanContext } from './context.ts'
import type { FileName } from './expand.ts'
import type { RememberedFile } from './memory.ts'

export interface OpenedSource {
  readonly source: ByteSource
  /** What messages call it. */
  readonly shown: string
  /** Another thread cannot see it. */
  readonly inMemory: boolean
}

export interface OpenSourceOptions {
  /** First bytes to fetch with the same request. */
  readonly head?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The file's bytes with its size and identity; undefined when there is none. */
export async function openSource(
  file: FileName,
  { names }: Pick<ScanContext, 'names'>,
  options: OpenSourceOptions,
): Promise<OpenedSource | undefined> {
  const object = file.object ?? (await objectOf(file.name, names, options.signal))
  if (object !== undefined) return openObject(object, options)
  const { store, key } = locate(file.name)
  const source = await store.open(key, options)
  return source && { source, shown: source.uri, inMemory: isMemory(store.url) }
}

/** Of a file that was read before, its first byte is enough to learn whether it is still the same one. */
const PROBE_BYTES = 1

/** A file that is remembered: no more of it than its identity. */
export function openProbe(
  file: FileName,
  context: Pick<ScanContext, 'names'>,
  signal: AbortSignal | undefined,
): Promise<OpenedSource | undefined> {
  return openSource(file, context, { head: PROBE_BYTES, signal })
}

export interface RememberedSource extends OpenedSource {
  /** Undefined where all bytes are in this process anyway. */
  readonly memory: RememberedFile | undefined
  /** The source without its memory. */
  readonly bare: ByteSource
}

/** The same, with what is remembered of the file: of a known one, only its identity is asked for. */
export async function openRemembered(
  file: FileName,
  context: Pick<ScanContext, 'names' | 'memory' | 'expected' | 'opened'>,
  options: OpenSourceOptions,
): Promise<RememberedSource | undefined> {
  const { memory } = context
  const { name } = file
  const isNamed = file.object === undefined
  const expected = isNamed ? context.expected?.take(name, options.signal) : undefined
  const again = isNamed && memory.knows(name) ? context.opened?.again(name) : undefined
  const opened =
    again ??
    (await (expected ??
      (memory.knows(name) ? openProbe(file, context, options.signal) : openSource(file, context, options))))
  if (isNamed && opened !== undefined) context.opened?.keep(name, opened)
  if (opened === undefined) memory.forget(name)
  if (opened === undefined || opened.inMemory)
    return opened && { ...opened, memory: undefined, bare: opened.source }
  const remembered = memory.of(name, opened.source)
  return { ...opened, source: remembered.over(opened.source), memory: remembered, bare: opened.source }
}

async function objectOf(
  name: string,
  names: ScanContext['names'],
  signal: AbortSignal | undefined,
): Promise<NamedObject | undefined> {
  if (names?.owns(name) !== true) return undefined
  const [object, ...more] = await names.expand(name, signal)
  if (more.length === 0) return object
  throw new VarveError('invalid-input', `${name} names ${more.length + 1} files, expected one`, { uri: name })
}

/** By the identity that is on record, so that other bytes in its place are `stale` and never read. */
async function openObject(object: NamedObject, options: OpenSourceOptions): Promise<OpenedSource> {
  const { name, uri, size, identity } = object
  const { store, key } = locate(uri)
  const inMemory = isMemory(store.url)
  if (identity !== undefined) return { source: store.attach(key, size, identity), shown: name, inMemory }
  const source = await store.open(key, options)
  if (source === undefined)
    throw new VarveError('not-found', `the object of ${name} does not exist: ${uri}`, {
      uri: name,
      object: uri,
    })
  if (source.size === size) return { source, shown: name, inMemory }
  await source.close?.()
  const message = `the object of ${name} has ${source.size} bytes, expected ${size}: ${uri}`
  throw new VarveError('stale', message, { uri: name, object: uri })
}

const isMemory = (url: string): boolean => url.startsWith('memory:')
