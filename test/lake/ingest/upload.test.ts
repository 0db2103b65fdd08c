import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError, VarveError } from '../../../src/errors.ts'
import { uploadObject } from '../../../src/lake/ingest/upload.ts'
import { objectKey } from '../../../src/lake/layout.ts'
import { locate, type ObjectStore, openStore, scopedStore } from '../../../src/store/index.ts'
import { expectCode, expectSame, patterned } from '../../contract/bytes.ts'
import { type Minio, startMinio } from '../../servers/minio.ts'

const MIB = 1024 * 1024
const SIZES = {
  nothing: 0,
  'one byte': 1,
  '1 MiB': MIB,
  '8 MiB': 8 * MIB,
  'a byte more': 8 * MIB + 1,
  '21 MiB': 21 * MIB,
}
const DAY = 24 * 3600_000

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const folder = mkdtempSync(join(tmpdir(), 'varve-upload-'))
let minio: Minio
let s3: ObjectStore

beforeAll(async () => {
  minio = await startMinio()
  s3 = openStore(`s3://${minio.bucket()}/`, { env: minio.env })
})
afterAll(async () => {
  await s3?.close()
  await minio?.stop()
  rmSync(folder, { recursive: true })
})

async function keysIn(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of store.list('')) if ('key' in entry) keys.push(entry.key)
  return keys
}

/** A store whose calls are counted by name. */
function counted(store: ObjectStore): { store: ObjectStore; calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    store: {
      ...store,
      put: (key, body, options) => {
        calls.push(options?.ifNoneMatch === '*' ? 'put if absent' : 'put')
        return store.put(key, body, options)
      },
      info: (key, options) => {
        calls.push('info')
        return store.info(key, options)
      },
      upload: (key, options) => {
        calls.push('upload')
        return store.upload(key, options)
      },
    },
  }
}

/** A store that takes its time, as one over a network does. */
function slow(store: ObjectStore): ObjectStore {
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100))
  return {
    ...store,
    put: (key, body, options) => wait().then(() => store.put(key, body, options)),
    upload: (key, options) => wait().then(() => store.upload(key, options)),
  }
}

let tests = 0
const STORES: Record<string, () => ObjectStore> = {
  memory: () => openStore(`memory://upload-${tests}/`),
  file: () => openStore(`file://${folder}/lake-${tests}/`),
  s3: () => scopedStore(s3, `lake-${tests}/`),
}

beforeEach(() => {
  tests++
})

describe.each(Object.keys(STORES))('uploadObject to %s', (kind) => {
  it.each(Object.entries(SIZES))('brings %s under its hash, once', async (_, size) => {
    const target = STORES[kind]!()
    const bytes = patterned(size)
    const key = objectKey(sha256(bytes))
    let progress = 0
    const options = { onBytes: (count: number) => void (progress += count) }
    const first = await uploadObject(target, memorySource('memory://x/a', bytes), options)
    expect(first).toEqual({ sha256: sha256(bytes), bytes: size, transferred: true })
    expect(progress).toBe(size)
    expectSame((await target.get(key))!.bytes, bytes)
    const again = await uploadObject(target, memorySource('memory://x/b', bytes), options)
    expect(again).toEqual({ ...first, transferred: false })
    expect(progress).toBe(2 * size)
    expect(await keysIn(target)).toEqual([key])
  })

  it.each([100, 9 * MIB])('sends %d old bytes again, so that they are young', async (size) => {
    const { store: target, calls } = counted(STORES[kind]!())
    const bytes = patterned(size)
    const source = memorySource('memory://x/a', bytes)
    await uploadObject(target, source)
    const first = (await target.info(objectKey(sha256(bytes))))!
    // S3 has whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const inTwoDays = { now: () => Date.now() + 2 * DAY }
    expect((await uploadObject(target, source, { ...inTwoDays, refreshAfterMs: 3 * DAY })).transferred).toBe(
      false,
    )
    expect((await target.info(objectKey(sha256(bytes))))!.modified).toBe(first.modified)
    calls.length = 0
    expect((await uploadObject(target, source, inTwoDays)).transferred).toBe(true)
    expect(calls).toEqual(size === 100 ? ['put if absent', 'info', 'put'] : ['info', 'upload'])
    const second = (await target.info(objectKey(sha256(bytes))))!
    expect(second.modified).toBeGreaterThan(first.modified)
    expectSame((await target.get(objectKey(sha256(bytes))))!.bytes, bytes)
  })

  it.each([100, 9 * MIB])('mends an object of another size than its %d bytes', async (size) => {
    const target = STORES[kind]!()
    const bytes = patterned(size)
    const key = objectKey(sha256(bytes))
    await target.put(key, bytes.subarray(0, size - 1))
    await uploadObject(target, memorySource('memory://x/a', bytes))
    expectSame((await target.get(key))!.bytes, bytes)
  })

  it('leaves nothing of a large file that changes while it is sent', async () => {
    const target = STORES[kind]!()
    await expectCode(uploadObject(target, changing(patterned(20 * MIB), 9)), 'stale', 'memory://x/changing')
    expect(await keysIn(target)).toEqual([])
  })

  it.each([3, 9])('leaves nothing of a large file that cannot be read at chunk %d', async (at) => {
    const target = STORES[kind]!()
    await expectCode(uploadObject(target, broken(patterned(20 * MIB), at)), 'unavailable', 'broken')
    expect(await keysIn(target)).toEqual([])
  })

  it('leaves nothing when it is told to stop', async () => {
    const target = STORES[kind]!()
    const stop = new AbortController()
    const onBytes = (): void => stop.abort()
    const source = memorySource('memory://x/a', patterned(20 * MIB))
    await expectCode(uploadObject(target, source, { signal: stop.signal, onBytes }), 'aborted')
    expect(await keysIn(target)).toEqual([])
    await expectCode(
      uploadObject(target, memorySource('memory://x/a', patterned(5)), { signal: stop.signal }),
      'aborted',
    )
  })
})

describe('uploadObject', () => {
  it('makes one request for a small file, and two when it is there', async () => {
    const { store, calls } = counted(openStore(`memory://upload-${tests}/`))
    const source = memorySource('memory://x/a', patterned(MIB))
    await uploadObject(store, source)
    expect(calls).toEqual(['put if absent'])
    await uploadObject(store, source)
    expect(calls).toEqual(['put if absent', 'put if absent', 'info'])
  })

  it('sends nothing of a large file that is there', async () => {
    const { store, calls } = counted(openStore(`memory://upload-${tests}/`))
    const source = memorySource('memory://x/a', patterned(9 * MIB))
    await uploadObject(store, source)
    expect(calls).toEqual(['info', 'upload'])
    await uploadObject(store, source)
    expect(calls).toEqual(['info', 'upload', 'info'])
  })

  it.each([100, 9 * MIB])('sends equal files of %d bytes at the same moment once', async (size) => {
    const { store, calls } = counted(slow(openStore(`memory://upload-${tests}/`)))
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        uploadObject(store, memorySource(`memory://x/${i}`, patterned(size))),
      ),
    )
    expect(outcomes.filter(({ transferred }) => transferred)).toHaveLength(1)
    expect(calls).toEqual(expect.arrayContaining([size === 100 ? 'put if absent' : 'upload']))
    expect(calls.filter((call) => call !== 'info')).toHaveLength(1)
  })

  it('tries an equal file itself when the first one fails', async () => {
    const store = openStore(`memory://upload-${tests}/`)
    let tries = 0
    const failing: ObjectStore = {
      ...store,
      put: async (key, body, options) => {
        if (++tries === 1) throw new VarveError('unavailable', 'busy')
        return store.put(key, body, options)
      },
    }
    const target = slow(failing)
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map((name) => uploadObject(target, memorySource(`memory://x/${name}`, patterned(9)))),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(tries).toBe(2)
  })

  it('says whether the lake or the file is to blame', async () => {
    const store = openStore(`memory://upload-${tests}/`)
    const full: ObjectStore = {
      ...store,
      put: async () => {
        throw new VarveError('unavailable', 'no space is left', { errno: 'ENOSPC' })
      },
    }
    const failure = await uploadObject(full, memorySource('memory://x/a', patterned(9))).catch(
      (error: unknown) => error,
    )
    expect(isVarveError(failure, 'unavailable') && failure.details).toMatchObject({
      scope: 'lake',
      errno: 'ENOSPC',
    })
    const gone = await uploadObject(store, broken(patterned(9), 1)).catch((error: unknown) => error)
    expect(isVarveError(gone, 'unavailable') && gone.details.scope).toBeUndefined()
  })

  it('takes no file that changed since it was found', async () => {
    const path = join(folder, 'found.txt')
    writeFileSync(path, 'first')
    const { store, key } = locate(path)
    const { size, identity } = (await store.info(key))!
    writeFileSync(path, 'other')
    utimesSync(path, 1, 1)
    const target = openStore(`memory://upload-${tests}/`)
    await expectCode(uploadObject(target, store.attach(key, size, identity)), 'stale', path)
    expect(await keysIn(target)).toEqual([])
    const now = (await store.open(key))!
    expect(await uploadObject(target, now)).toMatchObject({ sha256: sha256(readFileSync(path)) })
    await now.close?.()
  })
})

/** A source that reads otherwise from a read on. */
function changing(bytes: Uint8Array, from: number): ByteSource {
  const source = memorySource('memory://x/changing', bytes)
  let reads = 0
  return {
    ...source,
    async read(start, end, options) {
      const chunk = await source.read(start, end, options)
      if (++reads >= from) chunk[0]! ^= 1
      return chunk
    },
  }
}

/** A source of which one read fails. */
function broken(bytes: Uint8Array, at: number): ByteSource {
  const source = memorySource('memory://x/broken', bytes)
  let reads = 0
  return {
    ...source,
    async read(start, end, options) {
      if (++reads === at) throw new VarveError('unavailable', 'broken')
      return source.read(start, end, options)
    },
  }
}
