/**
 * The answer to ListObjectsV2 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html), read from its
 * text: the SDK's parser makes an object of every element, and takes six times as long for the four that matter.
 */

import { compareKeys } from '../keys.ts'
import type { ListEntry, ObjectInfo } from '../types.ts'
import { identityOf } from './source.ts'

export interface Page {
  /** Keys and prefixes in one order. */
  readonly entries: readonly ListEntry[]
  /** What to ask for the page after it with; undefined: there is none. */
  readonly next: string | undefined
}

/** Undefined for what is no listing: the page of a web server is XML enough to pass for an empty one. */
export function parsePage(xml: string, bucket: string): Page | undefined {
  if (!/<ListBucketResult[\s>]/.test(xml.slice(0, 1000))) return undefined
  const objects = [...elements(xml, 'Contents')].map((text) => objectOf(text, bucket))
  const prefixes = [...elements(xml, 'CommonPrefixes')].map((text) => ({
    prefix: decode(textOf(text, 'Prefix')),
  }))
  const name = (entry: ListEntry): string => ('prefix' in entry ? entry.prefix : entry.key)
  const entries =
    prefixes.length === 0 ? objects : [...objects, ...prefixes].sort((a, b) => compareKeys(name(a), name(b)))
  const isTruncated = textOf(xml, 'IsTruncated') === 'true'
  return { entries, next: (isTruncated && textOf(xml, 'NextContinuationToken')) || undefined }
}

function objectOf(text: string, bucket: string): ObjectInfo {
  const key = decode(textOf(text, 'Key'))
  const modified = Date.parse(textOf(text, 'LastModified'))
  return {
    key,
    size: Number(textOf(text, 'Size')),
    identity: identityOf(bucket + key, textOf(text, 'ETag')),
    modified: Number.isNaN(modified) ? 0 : modified,
  }
}

/** What stands between the tags of each element of a name; none of those asked for holds another of its own name. */
function* elements(xml: string, name: string): Generator<string> {
  const [open, close] = [`<${name}>`, `</${name}>`]
  for (let at = xml.indexOf(open); at >= 0; ) {
    const end = xml.indexOf(close, at)
    if (end < 0) return
    yield xml.slice(at + open.length, end)
    at = xml.indexOf(open, end)
  }
}

/** The text of the first element of a name; empty where there is none. */
function textOf(xml: string, name: string): string {
  const open = `<${name}>`
  const at = xml.indexOf(open)
  const end = at < 0 ? -1 : xml.indexOf(`</${name}>`, at)
  const text = end < 0 ? '' : xml.slice(at + open.length, end)
  return text.includes('&') ? text.replace(/&(#x?[0-9a-f]+|\w+);/gi, characterOf) : text
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function characterOf(whole: string, name: string): string {
  if (!name.startsWith('#')) return NAMED[name] ?? whole
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return String.fromCodePoint(code)
}

/** Keys come URL-encoded, spaces as `+`. */
function decode(text: string): string {
  return /[%+]/.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text
}
