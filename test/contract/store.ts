import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ListEntry, ObjectStore, PutResult } from '../../src/store/types.ts'
import { bytesContract, expectCode, expectSame, patterned } from './bytes.ts'

/** A store under test; every test works under a prefix of its own. */
export interface StoreSubject {
  readonly store: ObjectStore
  /** Makes an object inaccessible. */
  deny?(key: string): Promise<void>
  cleanup(): Promise<void>
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const STRANGE = [
  'a b',
  'a+b',
  'a#b?c=d',
  '100%',
  '%20',
  'ünï/çødé',
  '日本.txt',
  'emoji 🧬',
  "it's",
  '(1) [2] {3}',
  '~!$&,;=:@',
  'tab\there',
  '&amp;<x>"',
  'ends.',
  '*',
]

/**
 * Order of UTF-8 bytes, which differs from JavaScript's at the last two. No key is another one's folder: neither
 * files nor MinIO can hold both.
 */
const ORDERED = ['A', 'a!', 'a.txt', 'a/1', 'a/b/c', 'a0', 'b', 'é', '\uffee', '𝒳']

/** What every store promises. */
export function storeContract(name: string, make: () => Promise<StoreSubject>): void {
  describe(`store contract: ${name}`, () => {
    let subject: StoreSubject
    let store: ObjectStore
    let prefix = ''
    let tests = 0

    beforeAll(async () => {
      subject = await make()
      store = subject.store
    })
    afterAll(async () => {
      await store?.close()
      await subject?.cleanup()
    })
    beforeEach(() => {
      prefix = `t${++tests}/`
    })

    async function names(under: string, options?: { after?: string; delimiter?: '/' }): Promise<string[]> {
      const found: string[] = []
      const full = options?.after === undefined ? options : { ...options, after: prefix + options.after }
      for await (const entry of store.list(prefix + under, full))
        found.push(nameOf(entry).slice(prefix.length))
      return found
    }

    it('has a URL that ends in a slash, and sources whose uri is that URL and the key', async () => {
      await store.put(`${prefix}a b%20#`, text('x'))
      expect(store.url).toMatch(/^[a-z0-9]+:\/\/.*\/$/)
      expect((await store.open(`${prefix}a b%20#`))?.uri).toBe(`${store.url}${prefix}a b%20#`)
    })

    it('gives back what was put, in every way', async () => {
      const body = patterned(100_000)
      expect(await store.put(`${prefix}x`, body)).toBe('written')
      const got = await store.get(`${prefix}x`)
      expectSame(got?.bytes ?? new Uint8Array(0), body)
      const info = await store.info(`${prefix}x`)
      expect(info).toMatchObject({ key: `${prefix}x`, size: body.length, identity: got?.identity })
      expect(Math.abs((info?.modified ?? 0) - Date.now())).toBeLessThan(60_000)
      const source = await store.open(`${prefix}x`)
      expect(source).toMatchObject({ size: body.length, identity: got?.identity })
      expectSame((await source?.read(5000, 6000)) ?? text(''), body.subarray(5000, 6000))
      await source?.close?.()
      const attached = store.attach(`${prefix}x`, body.length, got?.identity ?? '')
      expectSame(await attached.read(0, 10), body.subarray(0, 10))
      await attached.close?.()
    })

    it('takes a body whose SHA-256 is known', async () => {
      const body = patterned(1000)
      const sha256 = createHash('sha256').update(body).digest('hex')
      expect(await store.put(`${prefix}x`, body, { ifNoneMatch: '*', sha256 })).toBe('written')
      expectSame((await store.get(`${prefix}x`))?.bytes ?? text(''), body)
    })

    it('has values for what is missing', async () => {
      expect(await store.open(`${prefix}none`)).toBeUndefined()
      expect(await store.open(`${prefix}none`, { head: 100 })).toBeUndefined()
      expect(await store.info(`${prefix}none`)).toBeUndefined()
      expect(await store.get(`${prefix}none`)).toBeUndefined()
      expect(await names('')).toEqual([])
      await store.delete(`${prefix}none`)
    })

    it.each([1, 10, 4096, 99_999, 100_000, 100_001])('opens with a head of %i bytes', async (head) => {
      const body = patterned(100_000)
      await store.put(`${prefix}x`, body)
      const source = await store.open(`${prefix}x`, { head })
      expect(source?.size).toBe(body.length)
      expectSame((await source?.read(0, 100_000)) ?? text(''), body)
      expectSame((await source?.read(0, 1)) ?? text(''), body.subarray(0, 1))
      await source?.close?.()
    })

    it('holds objects without bytes', async () => {
      await store.put(`${prefix}empty`, new Uint8Array(0))
      expect((await store.get(`${prefix}empty`))?.bytes).toHaveLength(0)
      const source = await store.open(`${prefix}empty`, { head: 10 })
      expect(source?.size).toBe(0)
      expect(source?.identity).toBe((await store.info(`${prefix}empty`))?.identity)
      await source?.close?.()
    })

    it('changes the identity with the bytes, and says stale to whoever holds the old one', async () => {
      await store.put(`${prefix}x`, patterned(1000, 1))
      const [before, source] = [await store.info(`${prefix}x`), await store.open(`${prefix}x`)]
      await store.put(`${prefix}x`, patterned(1000, 2))
      const after = await store.info(`${prefix}x`)
      expect(after?.identity).not.toBe(before?.identity)
      await expectCode(source?.read(0, 10) as Promise<unknown>, 'stale', `${store.url}${prefix}x`)
      await expectCode(store.attach(`${prefix}x`, 1000, before?.identity ?? '').read(0, 10), 'stale')
      await source?.close?.()
    })

    it('keeps strange names apart', async () => {
      for (const key of STRANGE) expect(await store.put(prefix + key, text(key))).toBe('written')
      for (const key of STRANGE) {
        expect(new TextDecoder().decode((await store.get(prefix + key))?.bytes)).toBe(key)
        const source = await store.open(prefix + key, { head: 2 })
        expect(new TextDecoder().decode(await source?.read(0, source.size))).toBe(key)
        await source?.close?.()
      }
      expect(await names('')).toEqual(
        [...STRANGE].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
      await store.copy(`${prefix}100%`, `${prefix}copy of 100% 🧬`)
      expect(new TextDecoder().decode((await store.get(`${prefix}copy of 100% 🧬`))?.bytes)).toBe('100%')
    })

    it('refuses a name that is empty or holds a NUL', async () => {
      for (const key of ['', 'a\0b']) {
        await expectCode((async () => store.open(key))(), 'invalid-input')
        await expectCode((async () => store.put(key, text('x')))(), 'invalid-input')
      }
    })

    it('lists in byte order, under a prefix that may end anywhere', async () => {
      for (const key of [...ORDERED].reverse()) await store.put(prefix + key, text(key))
      expect(await names('')).toEqual(ORDERED)
      expect(await names('a')).toEqual(['a!', 'a.txt', 'a/1', 'a/b/c', 'a0'])
      expect(await names('a/')).toEqual(['a/1', 'a/b/c'])
      expect(await names('a/b')).toEqual(['a/b/c'])
      expect(await names('zzz/')).toEqual([])
      for await (const entry of store.list(`${prefix}a.`)) {
        const info = await store.info(`${prefix}a.txt`)
        // S3 lists whole milliseconds and answers HEAD in whole seconds.
        expect(entry).toMatchObject({ key: info?.key, size: info?.size, identity: info?.identity })
      }
    })

    it('lists one level', async () => {
      for (const key of ORDERED) await store.put(prefix + key, text(key))
      expect(await names('', { delimiter: '/' })).toEqual([
        'A',
        'a!',
        'a.txt',
        'a/',
        'a0',
        'b',
        'é',
        '\uffee',
        '𝒳',
      ])
      expect(await names('a/', { delimiter: '/' })).toEqual(['a/1', 'a/b/'])
    })

    it('lists from a key on', async () => {
      for (const key of ORDERED) await store.put(prefix + key, text(key))
      for (const [i, after] of ORDERED.entries())
        expect(await names('', { after })).toEqual(ORDERED.slice(i + 1))
      expect(await names('', { after: 'a/5' })).toEqual(['a/b/c', 'a0', 'b', 'é', '\uffee', '𝒳'])
      expect(await names('a', { after: 'a.txt', delimiter: '/' })).toEqual(['a/', 'a0'])
    })

    it('puts only where nothing is', async () => {
      expect(await store.put(`${prefix}x`, text('one'), { ifNoneMatch: '*' })).toBe('written')
      expect(await store.put(`${prefix}x`, text('two'), { ifNoneMatch: '*' })).toBe('exists')
      expect(await store.put(`${prefix}x`, text('one'), { ifNoneMatch: '*' })).toBe('exists')
      expect((await store.get(`${prefix}x`))?.bytes).toEqual(text('one'))
    })

    it('puts only over what is expected', async () => {
      await store.put(`${prefix}x`, text('one'))
      const first = (await store.info(`${prefix}x`))?.identity
      expect(await store.put(`${prefix}x`, text('two'), { ifMatch: first })).toBe('written')
      expect(await store.put(`${prefix}x`, text('three'), { ifMatch: first })).toBe('changed')
      expect((await store.get(`${prefix}x`))?.bytes).toEqual(text('two'))
      expect(await store.put(`${prefix}gone`, text('three'), { ifMatch: first })).toBe('changed')
      expect(await store.info(`${prefix}gone`)).toBeUndefined()
    })

    it('has one winner of every put-if-absent race', async () => {
      for (let round = 0; round < 5; round++) {
        const results = await racers((body) => store.put(`${prefix}${round}`, body, { ifNoneMatch: '*' }))
        await expectOneWinner(`${prefix}${round}`, results, 'exists')
      }
    })

    it('has one winner of every if-match race', async () => {
      await store.put(`${prefix}x`, text('start'))
      for (let round = 0; round < 5; round++) {
        const ifMatch = (await store.info(`${prefix}x`))?.identity
        const results = await racers((body) => store.put(`${prefix}x`, body, { ifMatch }))
        await expectOneWinner(`${prefix}x`, results, 'changed')
      }
    })

    async function racers(put: (body: Uint8Array) => Promise<PutResult>): Promise<[string, PutResult][]> {
      const ids = Array.from({ length: 12 }, (_, i) => `writer ${i} ${Math.random()}`)
      return Promise.all(ids.map(async (id): Promise<[string, PutResult]> => [id, await put(text(id))]))
    }

    async function expectOneWinner(
      key: string,
      results: [string, PutResult][],
      lost: PutResult,
    ): Promise<void> {
      const winners = results.filter(([, result]) => result === 'written')
      expect(winners).toHaveLength(1)
      expect(results.filter(([, result]) => result === lost)).toHaveLength(results.length - 1)
      expect(new TextDecoder().decode((await store.get(key))?.bytes)).toBe(winners[0]?.[0])
    }

    it('deletes, also what is not there', async () => {
      await store.put(`${prefix}a/b`, text('x'))
      await store.delete(`${prefix}a/b`)
      await store.delete(`${prefix}a/b`)
      expect(await store.info(`${prefix}a/b`)).toBeUndefined()
      expect(await names('')).toEqual([])
      expect(await names('', { delimiter: '/' })).toEqual([])
    })

    it('copies, over what is there too, and says when there is nothing to copy', async () => {
      await store.put(`${prefix}from`, patterned(50_000))
      await store.put(`${prefix}to`, text('old'))
      await store.copy(`${prefix}from`, `${prefix}to`)
      expectSame((await store.get(`${prefix}to`))?.bytes ?? text(''), patterned(50_000))
      await expectCode(store.copy(`${prefix}none`, `${prefix}other`), 'not-found', `${prefix}none`)
      expect(await store.info(`${prefix}other`)).toBeUndefined()
    })

    it.each([0, 10, 9_000_000, 20_000_000])('uploads %i bytes', async (size) => {
      const body = patterned(size)
      const upload = await store.upload(`${prefix}big`)
      for (let at = 0; at < size; at += 1_234_567) await upload.write(body.slice(at, at + 1_234_567))
      expect(await store.info(`${prefix}big`)).toBeUndefined()
      expect(await upload.complete({ ifNoneMatch: '*' })).toBe('written')
      expectSame((await store.get(`${prefix}big`))?.bytes ?? text(''), body)
      expect(await names('')).toEqual(['big'])
    })

    it.each([10, 9_000_000])('takes an upload of %i bytes back', async (size) => {
      const upload = await store.upload(`${prefix}big`)
      await upload.write(patterned(size))
      await upload.abort()
      await upload.abort()
      expect(await store.info(`${prefix}big`)).toBeUndefined()
      expect(await names('')).toEqual([])
      await expectCode(upload.write(text('x')), 'internal')
    })

    it.each([10, 9_000_000])('loses a race with an upload of %i bytes as with a put', async (size) => {
      await store.put(`${prefix}big`, text('first'))
      const identity = (await store.info(`${prefix}big`))?.identity
      for (const [options, result] of [
        [{ ifNoneMatch: '*' }, 'exists'],
        [{ ifMatch: 'f00' }, 'changed'],
        [{ ifMatch: identity }, 'written'],
      ] as const) {
        const upload = await store.upload(`${prefix}big`)
        await upload.write(patterned(size))
        expect(await upload.complete(options)).toBe(result)
      }
      expect((await store.info(`${prefix}big`))?.size).toBe(size)
    })

    it('keeps the bytes that were given when the caller goes on to use their array', async () => {
      const body = text('first')
      const upload = await store.upload(`${prefix}x`)
      await upload.write(body)
      body.fill(0)
      await upload.complete()
      expectSame((await store.get(`${prefix}x`))?.bytes ?? text(''), text('first'))
      const buffer = Buffer.from('second')
      await store.put(`${prefix}x`, buffer)
      buffer.fill(0)
      expectSame((await store.get(`${prefix}x`))?.bytes ?? text(''), text('second'))
    })

    it('does nothing for a cancelled caller', async () => {
      const signal = AbortSignal.abort()
      await store.put(`${prefix}x`, text('x'))
      await expectCode(store.open(`${prefix}x`, { signal }), 'aborted')
      await expectCode(store.open(`${prefix}x`, { signal, head: 5 }), 'aborted')
      await expectCode(store.get(`${prefix}x`, { signal }), 'aborted')
      await expectCode(store.info(`${prefix}x`, { signal }), 'aborted')
      await expectCode(store.put(`${prefix}y`, text('x'), { signal }), 'aborted')
      await expectCode(store.list(prefix, { signal })[Symbol.asyncIterator]().next(), 'aborted')
      expect(await names('')).toEqual(['x'])
    })

    it('gives a URL that reads without credentials, or says that it cannot', async () => {
      await store.put(`${prefix}a b%#é`, text('read me'))
      const url = await store.presign(`${prefix}a b%#é`, 60).catch((error: unknown) => error)
      if (typeof url === 'string') expect(await (await fetch(url)).text()).toBe('read me')
      else expect(url).toMatchObject({ code: 'unsupported' })
    })
  })

  let objects = 0
  for (const head of [0, 1000, 200_000]) {
    bytesContract(`${name}, opened with a head of ${head}`, async (content) => {
      const { store, deny, cleanup } = await make()
      const key = `bytes ${++objects}%.bin`
      await store.put(key, content)
      const source = await store.open(key, { head })
      if (source === undefined) throw new Error(`${key} is not there`)
      // What lies in the head is this identity's by right; the rest must notice.
      const changes = head < 100_000
      return {
        source,
        ...(changes && { overwrite: async (bytes: Uint8Array) => void (await store.put(key, bytes)) }),
        ...(changes && { remove: () => store.delete(key) }),
        ...(changes && deny !== undefined && { deny: () => deny(key) }),
        cleanup,
      }
    })
  }
}

function nameOf(entry: ListEntry): string {
  return 'prefix' in entry ? entry.prefix : entry.key
}
