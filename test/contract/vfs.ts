/** What every read-only tree promises, whatever serves it: the pure one, and a real mount. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Vfs } from '../../src/mount/types.ts'
import { expectCode } from './bytes.ts'

/** What stands under a path: bytes, a link's target, or names. */
export type Expected =
  | { readonly file: Uint8Array }
  | { readonly link: string }
  | { readonly folder: readonly string[] }

/** A tree under test, and all or some of what is in it, by absolute path. */
export interface VfsSubject {
  readonly vfs: Vfs
  readonly expected: ReadonlyMap<string, Expected>
  /** Paths under which there is nothing. */
  readonly missing: readonly string[]
  cleanup(): Promise<void>
}

export function vfsContract(name: string, make: () => Promise<VfsSubject>): void {
  describe(`vfs contract: ${name}`, () => {
    let subject: VfsSubject
    let vfs: Vfs
    const all = (): [string, Expected][] => [...subject.expected]
    const files = (): [string, Uint8Array][] =>
      all().flatMap(([path, one]) => ('file' in one ? [[path, one.file] as [string, Uint8Array]] : []))

    beforeAll(async () => {
      subject = await make()
      vfs = subject.vfs
      expect(files().length).toBeGreaterThan(0)
    })
    afterAll(async () => {
      await vfs?.close()
      await subject?.cleanup()
    })

    it('says what stands under each path, and how large it is', async () => {
      for (const [path, one] of all()) {
        const attributes = await vfs.getattr(path)
        const [kind, mode] =
          'file' in one ? ['file', 0o444] : 'link' in one ? ['link', 0o777] : ['folder', 0o555]
        expect({ path, kind: attributes?.kind, mode: attributes?.mode }).toEqual({ path, kind, mode })
        if ('file' in one) expect({ path, size: attributes?.size }).toEqual({ path, size: one.file.length })
        if ('link' in one) expect(attributes?.size).toBe(Buffer.byteLength(one.link))
        expect(attributes?.modified).toBeGreaterThan(0)
      }
    })

    it('gives each path a number of its own, and the same one every time', async () => {
      const numbers = new Map<number, string>()
      for (const [path] of all()) {
        const { ino } = (await vfs.getattr(path))!
        expect(Number.isSafeInteger(ino) && ino > 0).toBe(true)
        expect(numbers.get(ino) ?? path).toBe(path)
        numbers.set(ino, path)
        expect((await vfs.getattr(path))?.ino).toBe(ino)
      }
    })

    it('lists folders whole, each name once, and every name can be looked up', async () => {
      for (const [path, one] of all()) {
        if (!('folder' in one)) continue
        const names = (await vfs.readdir(path)) ?? []
        expect({ path, names: [...names].sort() }).toEqual({ path, names: [...one.folder].sort() })
        for (const name of names)
          expect(
            await vfs.getattr(path === '/' ? `/${name}` : `${path}/${name}`),
            `${path}/${name}`,
          ).toBeDefined()
      }
    })

    it('lists nothing but folders, and reads no links but links', async () => {
      for (const [path, one] of all()) {
        if (!('folder' in one)) expect(await vfs.readdir(path), path).toBeUndefined()
        expect(await vfs.readlink(path), path).toBe('link' in one ? one.link : undefined)
      }
    })

    it('leads nowhere but into the tree with its links', async () => {
      for (const [path, one] of all()) {
        if (!('link' in one)) continue
        expect(one.link).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/)
        expect(await vfs.getattr(path.slice(0, path.lastIndexOf('/') + 1) + one.link)).toBeDefined()
      }
    })

    it('has nothing under paths that it does not list', async () => {
      for (const path of subject.missing) {
        expect(await vfs.getattr(path), path).toBeUndefined()
        expect(await vfs.readdir(path), path).toBeUndefined()
        expect(await vfs.readlink(path), path).toBeUndefined()
        await expectCode(vfs.open(path), 'not-found')
      }
    })

    it('opens files only', async () => {
      for (const [path, one] of all()) {
        if ('file' in one) continue
        await expectCode(vfs.open(path), 'invalid-input')
      }
    })

    it('reads files from their beginning to their end', async () => {
      for (const [path, bytes] of files()) {
        const file = await vfs.open(path)
        expect(file.size).toBe(bytes.length)
        const whole = new Uint8Array(bytes.length + 10)
        let filled = 0
        for (let read = -1; read !== 0; filled += read) {
          read = await file.read(whole.subarray(filled), filled)
          expect(read).toBeLessThanOrEqual(whole.length - filled)
        }
        await file.close()
        expect(Buffer.compare(whole.subarray(0, filled), bytes), path).toBe(0)
      }
    })

    it('fills what is asked for as far as the file goes, and nothing behind its end', async () => {
      for (const [path, bytes] of files()) {
        const file = await vfs.open(path)
        const { length } = bytes
        const ranges = [
          [0, 1],
          [0, length],
          [length >> 1, 7],
          [Math.max(0, length - 3), 10],
          [length, 5],
          [length + 100, 5],
        ]
        for (const [start, size] of ranges as [number, number][]) {
          const target = new Uint8Array(size + 2).fill(0xa5)
          const read = await file.read(target.subarray(1, 1 + size), start)
          const wanted = bytes.subarray(start, start + size)
          expect({ path, start, size, read }).toEqual({ path, start, size, read: wanted.length })
          expect(Buffer.compare(target.subarray(1, 1 + read), wanted)).toBe(0)
          expect(target[0]).toBe(0xa5)
          expect(target[1 + size]).toBe(0xa5)
        }
        await file.close()
      }
    })

    it('reads one file for many at the same time', async () => {
      const [path, bytes] = files().sort(([, a], [, b]) => b.length - a.length)[0]!
      const opened = await Promise.all(Array.from({ length: 8 }, () => vfs.open(path)))
      await Promise.all(
        opened.map(async (file, i) => {
          const start = Math.floor((bytes.length * i) / 8)
          const target = new Uint8Array(Math.min(100, bytes.length - start))
          expect(await file.read(target, start)).toBe(target.length)
          expect(Buffer.compare(target, bytes.subarray(start, start + target.length))).toBe(0)
        }),
      )
      await Promise.all(opened.map((file) => file.close()))
    })

    it('counts what is in it', () => {
      const { files: count, bytes } = vfs.statfs()
      expect(count).toBeGreaterThan(0)
      expect(bytes).toBeGreaterThan(0)
    })
  })
}
