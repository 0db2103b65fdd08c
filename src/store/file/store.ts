import { stat } from 'node:fs/promises'
import { withHead } from '../../bytes/head.ts'
import type { Meter } from '../../bytes/meter.ts'
import { isVarveError, throwIfAborted, VarveError } from '../../errors.ts'
import { type RequestOp, recordRequest } from '../trace.ts'
import type { ObjectStore, PutOptions, PutResult } from '../types.ts'
import { fileError, isMissing } from './errors.ts'
import { fileInfo, listFiles } from './list.ts'
import { keyPath } from './paths.ts'
import { FileSource, notAFile, openSource } from './source.ts'
import { fileUpload } from './upload.ts'
import { copyWhole, remove, writeWhole } from './write.ts'

/** A writer takes milliseconds for what this takes microseconds for, so one more time is nearly always enough. */
const MOST_REOPENINGS = 10

/** The files under a folder as a store; the folder need not exist until something is written. */
export function fileStore(folder: string, meter?: Meter): ObjectStore {
  const root = folder.endsWith('/') ? folder : `${folder}/`
  const url = `file://${root}`

  /** Runs a step, counts it as a request, and turns what the file system says into our errors. */
  async function request<T>(
    op: RequestOp,
    key: string,
    done: (result: T) => { status: number; bytes?: number },
    step: () => Promise<T>,
  ): Promise<T> {
    const began = performance.now()
    let status: number | null = null
    let bytes = 0
    try {
      const result = await step()
      const facts = done(result)
      status = facts.status
      bytes = facts.bytes ?? 0
      return result
    } catch (error) {
      throw fileError(error, url + key)
    } finally {
      recordRequest({ op, uri: url + key, range: null, status, bytes, ms: performance.now() - began }, meter)
    }
  }

  const found = (result: unknown): { status: number } => ({ status: result === undefined ? 404 : 200 })
  const wrote =
    (bytes: number) =>
    (result: PutResult): { status: number; bytes: number } => ({
      status: result === 'written' ? 200 : 412,
      bytes,
    })

  async function openKey(key: string, signal: AbortSignal | undefined): Promise<FileSource | undefined> {
    const path = keyPath(root, key)
    throwIfAborted(signal)
    return openSource(path, url + key, meter)
  }

  /** Opens a file and reads up to `length` bytes of it; one that was replaced in between is opened again. */
  async function openAndRead(
    key: string,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<{ source: FileSource; bytes: Uint8Array } | undefined> {
    for (let attempt = 1; ; attempt++) {
      const source = await openKey(key, signal)
      if (source === undefined) return request('GET', key, found, async () => undefined)
      try {
        return { source, bytes: await source.read(0, Math.min(length, source.size), { signal }) }
      } catch (error) {
        await source.close()
        if (attempt === MOST_REOPENINGS || !isVarveError(error, 'stale', 'not-found')) throw error
      }
    }
  }

  return {
    url,
    async open(key, { signal, head = 0 } = {}) {
      if (head === 0) return request('HEAD', key, found, () => openKey(key, signal))
      const first = await openAndRead(key, head, signal)
      return first === undefined ? undefined : withHead(first.source, first.bytes)
    },
    attach: (key, size, identity) => new FileSource(keyPath(root, key), url + key, size, identity, meter),
    info: (key, { signal } = {}) =>
      request('HEAD', key, found, async () => {
        const path = keyPath(root, key)
        throwIfAborted(signal)
        try {
          const facts = await stat(path, { bigint: true })
          if (!facts.isFile()) throw notAFile(url + key, facts.isDirectory())
          return fileInfo({ key, facts })
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      }),
    async get(key, { signal } = {}) {
      const all = await openAndRead(key, Number.POSITIVE_INFINITY, signal)
      if (all === undefined) return undefined
      await all.source.close()
      return { bytes: all.bytes, identity: all.source.identity }
    },
    put: (key, body, options: PutOptions = {}) =>
      request('PUT', key, wrote(body.length), async () => {
        const path = keyPath(root, key)
        throwIfAborted(options.signal)
        return writeWhole(path, body, options)
      }),
    async *list(prefix, options = {}) {
      throwIfAborted(options.signal)
      const began = performance.now()
      try {
        yield* listFiles(root, prefix, options)
      } finally {
        const ms = performance.now() - began
        recordRequest({ op: 'LIST', uri: url + prefix, range: null, status: 200, bytes: 0, ms }, meter)
      }
    },
    delete: (key, { signal } = {}) =>
      request(
        'DELETE',
        key,
        () => ({ status: 204 }),
        () => remove(keyPath(root, key), signal),
      ),
    async copy(from, to, { signal } = {}) {
      const [source, target] = [keyPath(root, from), keyPath(root, to)]
      await request('COPY', to, wrote(0), async () => {
        throwIfAborted(signal)
        // Without this the target's folder would be made for nothing when there is nothing to copy.
        if (!(await stat(source).then((facts) => facts.isFile(), isNotMissing)))
          throw new VarveError('not-found', `${url}${from} does not exist`, { uri: url + from })
        return copyWhole(source, target, { signal })
      })
    },
    async presign() {
      throw new VarveError('unsupported', `${url} has no URLs that others could read`, { url })
    },
    async upload(key) {
      const path = keyPath(root, key)
      return fileUpload(path, url + key, (bytes, result, ms) =>
        recordRequest(
          {
            op: 'PUT',
            uri: url + key,
            range: null,
            status: result === 'written' ? 200 : result === undefined ? null : 412,
            bytes,
            ms,
          },
          meter,
        ),
      )
    },
    async close() {},
  }
}

function isNotMissing(error: unknown): false {
  if (isMissing(error)) return false
  throw error
}
