import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ByteSource } from '../../src/bytes/types.ts'
import { cacheFolder, parseSize, withDiskCache } from '../../src/store/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-cache-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function counting(uri: string): { source: ByteSource; reads: () => number } {
  let reads = 0
  const source: ByteSource = {
    uri,
    size: 3_000_000,
    identity: 'v1',
    read: async (start, end) => {
      reads++
      return new Uint8Array(end - start).fill(7)
    },
  }
  return { source, reads: () => reads }
}

describe('the cache folder', () => {
  it('is VARVE_CACHE, else the user’s cache directory', () => {
    expect(cacheFolder({ VARVE_CACHE: '/x' })).toBe('/x')
    if (process.platform === 'linux') expect(cacheFolder({ XDG_CACHE_HOME: '/y' })).toBe('/y/varve')
  })

  it.each([
    ['20G', 20 * 2 ** 30],
    ['512 MiB', 512 * 2 ** 20],
    ['1.5k', 1536],
    ['1000', 1000],
    ['', 0],
    [undefined, 0],
  ])('reads the size %s', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  it('refuses a size that is none', () => {
    expect(() => parseSize('lots')).toThrow('VARVE_CACHE_SIZE is "lots", expected bytes')
  })
})

describe('the disk cache', () => {
  it('is off unless asked for, and for local files', () => {
    const { source } = counting('s3://b/k')
    expect(withDiskCache(source, {})).toBe(source)
    const local = counting('file:///k').source
    expect(withDiskCache(local, { VARVE_CACHE_SIZE: '1G', VARVE_CACHE: folder })).toBe(local)
  })

  it('reads the same blocks once, and keeps them from others', async () => {
    const { source, reads } = counting('s3://b/k')
    const cached = withDiskCache(source, { VARVE_CACHE_SIZE: '1G', VARVE_CACHE: folder })
    await cached.read(10, 2_000_000)
    const first = reads()
    expect((await cached.read(10, 2_000_000)).every((byte) => byte === 7)).toBe(true)
    expect(reads()).toBe(first)
    expect(readdirSync(folder)).toContain('blocks')
    expect(statSync(join(folder, 'blocks')).mode & 0o777).toBe(0o700)
  })
})
