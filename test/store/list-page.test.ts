/** The text of a listing's answer: what servers write differently, and what is no listing at all. */

import { describe, expect, test } from 'vitest'
import { parsePage } from '../../src/store/s3/list-page.ts'

const page = (inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`

const object = (key: string, etag = '&#34;0a1b&#34;'): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-21T12:00:00.250Z</LastModified><ETag>${etag}</ETag>` +
  `<Size>12</Size><Owner><ID>x</ID><DisplayName>Key</DisplayName></Owner></Contents>`

describe('parsePage', () => {
  test('reads keys, sizes, times and ETags', () => {
    const found = parsePage(
      page(`<Name>b</Name><IsTruncated>false</IsTruncated>${object('a/b.txt')}`),
      's3://b/',
    )
    const modified = Date.parse('2026-11-21T12:00:00.250Z')
    expect(found).toEqual({
      entries: [{ key: 'a/b.txt', size: 12, identity: '0a1b', modified }],
      next: undefined,
    })
  })

  test.each([
    ['a%20b%2B', 'a b+'],
    ['a+b', 'a b'],
    ['%C3%A9%00%26amp%3B', 'é\0&amp;'],
    ['%3CKey%3E', '<Key>'],
    // A server that does not encode escapes instead.
    ['a&amp;b&lt;&#x41;&#66;', 'a&b<AB'],
  ])('decodes the key %s', (written, key) => {
    expect(parsePage(page(object(written)), 's3://b/')?.entries).toMatchObject([{ key }])
  })

  test.each(['&quot;0a&quot;', '&#34;0a&#34;', '"0a"', '0a'])('takes the ETag %s', (etag) => {
    expect(parsePage(page(object('k', etag)), 's3://b/')?.entries).toMatchObject([{ identity: '0a' }])
  })

  test('puts keys and prefixes in one order, that of bytes', () => {
    const prefix = (text: string): string => `<CommonPrefixes><Prefix>${text}</Prefix></CommonPrefixes>`
    const xml = page(
      `<Prefix>not/this</Prefix>${object('b')}${object('%F0%90%80%80')}${prefix('a%2F')}${prefix('%EF%BF%BC%2F')}`,
    )
    const names = parsePage(xml, 's3://b/')?.entries.map((entry) =>
      'key' in entry ? entry.key : entry.prefix,
    )
    expect(names).toEqual(['a/', 'b', '\ufffc/', '\u{10000}'])
  })

  test('goes on only where the page was cut', () => {
    const token = '<NextContinuationToken>a&amp;b==</NextContinuationToken>'
    expect(parsePage(page(`<IsTruncated>true</IsTruncated>${token}`), 's3://b/')?.next).toBe('a&b==')
    expect(parsePage(page(`<IsTruncated>false</IsTruncated>${token}`), 's3://b/')?.next).toBeUndefined()
    expect(parsePage(page('<IsTruncated>true</IsTruncated>'), 's3://b/')?.next).toBeUndefined()
  })

  test('an empty bucket is empty, and a page of the web is no listing', () => {
    expect(parsePage(page('<Name>b</Name><Prefix/>'), 's3://b/')).toEqual({ entries: [], next: undefined })
    expect(parsePage('<html><title>It works</title></html>', 's3://b/')).toBeUndefined()
    expect(parsePage('', 's3://b/')).toBeUndefined()
  })

  test('an object without an ETag is refused', () => {
    expect(() => parsePage(page(object('k', '')), 's3://b/')).toThrow('s3://b/k came without an ETag')
  })
})
