import { createHash } from 'node:crypto'
import { withHead } from '../bytes/head.ts'
import type { Meter } from '../bytes/meter.ts'
import { checkRange, copyBytes } from '../bytes/range.ts'
import type { ByteSource } from '../bytes/types.ts'
import { throwIfAborted, VarveError } from '../errors.ts'
import { checkKey, compareKeys } from './keys.ts'
import { groupByDelimiter } from './listing.ts'
import { type RequestOp, rangeText, recordRequest } from './trace.ts'
import type { ObjectInfo, ObjectStore, PutOptions, PutResult } from './types.ts'
import { bufferedUpload } from './upload.ts'

interface Held {
  readonly bytes: Uint8Array
  readonly identity: string
  readonly modified: number
}

/** Objects live as long as the process, in the thread that wrote them. */
const buckets = new Map<string, Map<string, Held>>()

/** The store behind `memory://name/`: for tests, and for data that never touches a disk. */
export function memoryStore(name: string, meter?: Meter): ObjectStore {
  const url = `memory://${name}/`
  const objects = buckets.get(name) ?? new Map<string, Held>()
  buckets.set(name, objects)

  const record = (op: RequestOp, key: string, status: number, bytes = 0, range: string | null = null): void =>
    recordRequest({ op, uri: url + key, range, status, bytes, ms: 0 }, meter)

  function find(key: string, signal?: AbortSignal): Held | undefined {
    checkKey(url, key)
    throwIfAborted(signal)
    return objects.get(key)
  }

  function source(key: string, size: number, identity: string): ByteSource {
    const uri = url + key
    return {
      uri,
      size,
      identity,
      async read(start, end, { signal } = {}) {
        checkRange({ uri, size }, start, end)
        const held = find(key, signal)
        if (start === end) return new Uint8Array(0)
        const range = rangeText(start, end)
        if (held === undefined) {
          record('GET', key, 404, 0, range)
          throw new VarveError('not-found', `${uri} does not exist any more`, { uri })
        }
        if (held.identity !== identity) {
          record('GET', key, 412, 0, range)
          throw new VarveError(
            'stale',
            `${uri} was overwritten: it is ${held.identity}, expected ${identity}`,
            {
              uri,
              expected: identity,
              actual: held.identity,
            },
          )
        }
        record('GET', key, 206, end - start, range)
        return copyBytes(held.bytes, start, end)
      },
    }
  }

  function info(key: string, held: Held): ObjectInfo {
    return { key, size: held.bytes.length, identity: held.identity, modified: held.modified }
  }

  async function put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    const held = find(key, options.signal)
    if (options.ifNoneMatch === '*' && held !== undefined) {
      record('PUT', key, 412, body.length)
      return 'exists'
    }
    if (options.ifMatch !== undefined && held?.identity !== options.ifMatch) {
      record('PUT', key, 412, body.length)
      return 'changed'
    }
    // Content alone, as an ETag: the same bytes again are the same object.
    const identity = createHash('md5').update(body).digest('hex')
    objects.set(key, { bytes: copyBytes(body), identity, modified: Date.now() })
    record('PUT', key, 200, body.length)
    return 'written'
  }

  return {
    url,
    attach: source,
    put,
    async open(key, options = {}) {
      const held = find(key, options.signal)
      const head = held === undefined ? 0 : Math.min(options.head ?? 0, held.bytes.length)
      if (head > 0) record('GET', key, 206, head, rangeText(0, head))
      else record('HEAD', key, held === undefined ? 404 : 200)
      if (held === undefined) return undefined
      return withHead(source(key, held.bytes.length, held.identity), copyBytes(held.bytes, 0, head))
    },
    async info(key, options = {}) {
      const held = find(key, options.signal)
      record('HEAD', key, held === undefined ? 404 : 200)
      return held === undefined ? undefined : info(key, held)
    },
    async get(key, options = {}) {
      const held = find(key, options.signal)
      record('GET', key, held === undefined ? 404 : 200, held?.bytes.length)
      return held === undefined ? undefined : { bytes: copyBytes(held.bytes), identity: held.identity }
    },
    async *list(prefix, options = {}) {
      throwIfAborted(options.signal)
      record('LIST', prefix, 200)
      const found = [...objects].filter(([key]) => key.startsWith(prefix))
      const infos = found.map(([key, held]) => info(key, held)).sort((a, b) => compareKeys(a.key, b.key))
      yield* groupByDelimiter(infos, prefix, options)
    },
    async delete(key, options = {}) {
      find(key, options.signal)
      objects.delete(key)
      record('DELETE', key, 204)
    },
    async copy(from, to, options = {}) {
      const held = find(from, options.signal)
      checkKey(url, to)
      record('COPY', to, held === undefined ? 404 : 200)
      if (held === undefined)
        throw new VarveError('not-found', `${url}${from} does not exist`, { uri: url + from })
      objects.set(to, { ...held, modified: Date.now() })
    },
    async presign() {
      throw new VarveError('unsupported', `${url} has no URLs that others could read`, { url })
    },
    async upload(key, options = {}) {
      find(key, options.signal)
      return bufferedUpload((body, conditions) => put(key, body, conditions))
    },
    async close() {},
  }
}
