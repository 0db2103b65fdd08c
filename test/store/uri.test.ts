import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { isUri, locate, openStore, parseUri } from '../../src/store/index.ts'
import { expectCode } from '../contract/bytes.ts'

describe('parseUri', () => {
  it.each([
    ['s3://bucket/a/b.txt', 's3://bucket/', 'a/b.txt'],
    ['S3://bucket/a', 's3://bucket/', 'a'],
    ['s3://bucket', 's3://bucket/', ''],
    ['s3://bucket/', 's3://bucket/', ''],
    ['s3://bucket/a%20b c#d?e=%41&f', 's3://bucket/', 'a%20b c#d?e=%41&f'],
    ['s3://my.bucket-1/ünï//x/', 's3://my.bucket-1/', 'ünï//x/'],
    ['memory://m/x y', 'memory://m/', 'x y'],
    ['file:///data/x.txt', 'file:///', 'data/x.txt'],
    ['file://localhost/data/x.txt', 'file:///', 'data/x.txt'],
    ['file:///data/../etc/x', 'file:///', 'etc/x'],
    ['file:///data/', 'file:///', 'data/'],
    ['/data/x.txt', 'file:///', 'data/x.txt'],
    ['x.txt', 'file:///', 'work/x.txt'],
    ['./a/../x.txt', 'file:///', 'work/x.txt'],
    ['../x.txt', 'file:///', 'x.txt'],
    ['a b/100%.txt#1', 'file:///', 'work/a b/100%.txt#1'],
    ['~/x', 'file:///', `${homedir().slice(1)}/x`],
    ['C:/x', 'file:///', 'work/C:/x'],
  ])('%s', (text, store, key) => {
    expect(parseUri(text, '/work')).toEqual({ store, key })
  })

  it.each([
    ['', 'invalid-input', /empty path/],
    ['a\0b', 'invalid-input', /NUL/],
    ['s3://', 'invalid-input', /is no bucket name/],
    ['s3:///key', 'invalid-input', /is no bucket name/],
    ['s3://a key/x', 'invalid-input', /"a key" is no bucket name, expected s3:\/\/bucket\/key/],
    ['s3://id:password@bucket/x', 'invalid-input', /^… is no bucket name/],
    ['file://server/share/x', 'invalid-input', /another machine/],
    ['gs://bucket/x', 'unsupported', /no store for gs:\/\//],
    ['https://example.org/x', 'unsupported', /no store for https:\/\//],
  ] as const)('refuses %j', async (text, code, message) => {
    const parse = async (): Promise<unknown> => parseUri(text, '/work')
    await expectCode(parse(), code)
    await expect(parse()).rejects.toThrow(message)
  })

  it('names every key so that it parses back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const key = text.replaceAll('\0', '')
        if (key !== '') expect(parseUri(`s3://bucket/${key}`)).toEqual({ store: 's3://bucket/', key })
      }),
    )
  })

  describe('percent signs in file URLs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-uri-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    it('mean themselves when such a file is there, or none is', () => {
      writeFileSync(join(folder, 'a%20b'), '')
      writeFileSync(join(folder, 'a b'), '')
      expect(parseUri(`file://${folder}/a%20b`).key).toBe(`${folder.slice(1)}/a%20b`)
      expect(parseUri(`file://${folder}/none%20here`).key).toBe(`${folder.slice(1)}/none%20here`)
    })

    it('are escapes, as other programs write them, when only that names a file', () => {
      writeFileSync(join(folder, 'c d'), '')
      expect(parseUri(`file://${folder}/c%20d`).key).toBe(`${folder.slice(1)}/c d`)
      expect(parseUri(`${folder}/c%20d`).key).toBe(`${folder.slice(1)}/c%20d`)
    })
  })

  it('knows a URI from a path', () => {
    for (const text of ['s3://b/k', 'lake://d@v1/x', 'FILE:///x']) expect(isUri(text)).toBe(true)
    for (const text of ['x', './s3', 'a:b', '/x', 'C:\\x', '://x']) expect(isUri(text)).toBe(false)
  })
})

describe('openStore', () => {
  it('gives the same store to all who ask alike', () => {
    expect(openStore('memory://same')).toBe(openStore('memory://same/'))
  })

  it('gives a part of a bucket for a URL with a prefix', async () => {
    const part = openStore('memory://parts/some/lake')
    expect(part.url).toBe('memory://parts/some/lake/')
    await part.put('x', new Uint8Array(1))
    expect((await openStore('memory://parts').info('some/lake/x'))?.size).toBe(1)
    const { store, key } = locate('memory://parts/some/lake/x')
    expect([store.url, key]).toEqual(['memory://parts/', 'some/lake/x'])
  })

  it('gives a folder for a path', () => {
    expect(openStore('lake', { cwd: '/data' }).url).toBe('file:///data/lake/')
    expect(openStore('file:///data/lake/').url).toBe('file:///data/lake/')
  })
})
