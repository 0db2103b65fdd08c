/** A bundle, opened: its tables are read as those of a lake, by offsets; its payloads pass by once, in order. */

import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { throwIfAborted, toVarveError, VarveError } from '../../errors.ts'
import { fileError } from '../../store/file/errors.ts'
import type { ObjectStore } from '../../store/index.ts'
import { readJson } from '../json.ts'
import { descriptionKey } from '../layout.ts'
import { openLake } from '../open.ts'
import type { Chunking, Lake } from '../types.ts'
import { DESCRIPTION } from '../versions/description.ts'
import { BUNDLE, BUNDLE_FILE, type BundleFacts, type EntryKind, entryKind } from './bundle.ts'

/** A payload as it passes by. */
export interface Payload {
  readonly hash: string
  readonly size: number
  /** Its bytes; what is not taken is skipped. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface OpenBundle {
  readonly facts: BundleFacts
  /** What the bundle holds of a lake; can only be read, and only object by object. */
  readonly lake: Lake
  /** All payloads in the order of the file; once. */
  payloads(): AsyncGenerator<Payload>
  close(): Promise<void>
}

/** A tar file ends with two blocks of zeros. */
const END = 1024
const HEADER = 512
/** No list, part or schema is nearly as large: parts are cut at 32 MiB. */
const MOST_BYTES = 1024 * 1024 * 1024

interface Stretch {
  readonly offset: number
  readonly size: number
}

/** Opens a bundle and reads it up to its first payload. `invalid-data` when it is none, or not whole. */
export async function openBundle(
  file: string,
  chunking: Chunking,
  signal?: AbortSignal,
): Promise<OpenBundle> {
  const path = resolve(file)
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    throw fileError(error, path)
  }
  const entries = new Entries(path, signal)
  const close = async (): Promise<void> => {
    await entries.close()
    await handle.close()
  }
  try {
    await requireEnd(handle, path).catch((error: unknown) => {
      throw fileError(error, path)
    })
    const index = new Map<string, Stretch>()
    let first = await entries.next()
    if (first?.what.kind !== 'facts') throw notWhole(path, `it does not begin with ${BUNDLE_FILE}`)
    for (; first !== undefined && first.what.kind !== 'payload'; first = await entries.next())
      index.set(first.name, first)
    const store = bundleStore(path, handle, index)
    const facts = (await readJson(store, BUNDLE_FILE, BUNDLE, { signal }))!.value
    await requireTwice(store, path, facts, signal)
    const lake = openLake({ store }, { chunking })
    return { facts, lake, payloads: () => payloadsFrom(entries, first, path), close }
  } catch (error) {
    await close()
    throw inBundle(path, error)
  }
}

/** The description has no hash of its own, but it is there twice: damage to one shows. */
async function requireTwice(
  store: ObjectStore,
  path: string,
  { description }: BundleFacts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = descriptionKey(description.dataset, description.number)
  const other = await readJson(store, key, DESCRIPTION, { signal })
  if (JSON.stringify(other?.value) !== JSON.stringify(description))
    throw notWhole(path, `${BUNDLE_FILE} and ${key} differ`)
}

async function* payloadsFrom(
  entries: Entries,
  first: Passing | undefined,
  path: string,
): AsyncGenerator<Payload> {
  for (let entry = first; entry !== undefined; entry = await entries.next()) {
    const { what, size, bytes } = entry
    if (what.kind !== 'payload') throw notWhole(path, `${entry.name} stands behind the payloads`)
    yield { hash: what.hash, size, bytes }
  }
}

/** Said well enough already, or not about the bundle. */
const OTHERS: ReadonlySet<string> = new Set([
  'invalid-data',
  'unsupported',
  'aborted',
  'denied',
  'unavailable',
])

/** What is wrong inside a bundle is the bundle's fault; only its own words are kept. */
export function inBundle(path: string, thrown: unknown): VarveError {
  const error = toVarveError(thrown)
  if (OTHERS.has(error.code)) return error
  return new VarveError('invalid-data', `${path} is no whole bundle: ${error.message}`, { uri: path }, error)
}

export function notWhole(path: string, reason: string): VarveError {
  return new VarveError('invalid-data', `${path} is no whole bundle: ${reason}`, { uri: path })
}

/** One that was cut is known by its end, before anything is done with it. */
async function requireEnd(handle: FileHandle, path: string): Promise<void> {
  const { size } = await handle.stat()
  const end = Buffer.alloc(END)
  const { bytesRead } = await handle.read(end, 0, END, Math.max(0, size - END))
  if (bytesRead < END || size % 512 !== 0 || end.some((byte) => byte !== 0))
    throw notWhole(path, 'it does not end as a tar file does')
}

interface Passing extends Stretch {
  readonly name: string
  readonly what: EntryKind
  readonly bytes: AsyncIterable<Uint8Array>
}

/** The entries of the file, one after the other. */
class Entries {
  readonly #extract = extract()
  readonly #iterator = this.#extract[Symbol.asyncIterator]()
  #last: { resume(): unknown } | undefined

  constructor(
    readonly path: string,
    readonly signal: AbortSignal | undefined,
  ) {
    const file = createReadStream(path, { highWaterMark: 1024 * 1024 })
    // Whoever asks for the next entry is told.
    pipeline(file, this.#extract).catch(() => undefined)
  }

  async next(): Promise<Passing | undefined> {
    throwIfAborted(this.signal)
    // What nobody took passes by.
    this.#last?.resume()
    const next = await this.#iterator.next()
    if (next.done === true) return undefined
    this.#last = next.value
    const { header, offset: headerOffset } = next.value
    const { name, size } = header
    const offset = headerOffset + HEADER
    const what = header.type === 'file' ? entryKind(name) : undefined
    if (what === undefined) throw notWhole(this.path, `it holds ${JSON.stringify(name)}, which no bundle has`)
    return {
      name,
      what,
      offset,
      size,
      bytes: next.value as AsyncIterable<unknown> as AsyncIterable<Uint8Array>,
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}

function bundleStore(path: string, handle: FileHandle, index: ReadonlyMap<string, Stretch>): ObjectStore {
  const refuse = async (): Promise<never> => {
    throw new VarveError('read-only', `${path} is a bundle, which is only read`, { uri: path })
  }
  return {
    url: `${path}/`,
    get: async (key, options = {}) => {
      throwIfAborted(options.signal)
      const found = index.get(key)
      if (found === undefined) return undefined
      if (found.size > MOST_BYTES) throw notWhole(path, `${key} has ${found.size} bytes`)
      const bytes = new Uint8Array(found.size)
      const { bytesRead } = await handle.read(bytes, 0, found.size, found.offset)
      if (bytesRead < found.size) throw notWhole(path, `it ends within ${key}`)
      return { bytes, identity: key }
    },
    open: refuse,
    attach: () => {
      throw new VarveError('read-only', `${path} is a bundle, which is only read`, { uri: path })
    },
    info: refuse,
    put: refuse,
    // biome-ignore lint/correctness/useYield: it only throws
    list: async function* () {
      await refuse()
    },
    delete: refuse,
    copy: refuse,
    presign: refuse,
    upload: refuse,
    close: async () => {},
  }
}
