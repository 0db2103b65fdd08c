/** Mounts for tests: without a kernel, with plain readers, and with their requests counted. */

import type { ByteSource } from '../../../src/bytes/types.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { formatNamed } from '../../../src/formats/registry.ts'
import { IndexHome } from '../../../src/index/location.ts'
import type { Lake } from '../../../src/lake/types.ts'
import type { IndexOf } from '../../../src/mount/tree/slices.ts'
import type { OpenFile, ReaderFactory, Vfs } from '../../../src/mount/types.ts'
import { createVfs, type VfsOptions } from '../../../src/mount/vfs.ts'
import { BoundFile } from '../../../src/scan/file.ts'
import { locate } from '../../../src/store/index.ts'
import type { ObjectStore } from '../../../src/store/types.ts'
import { scanBytes } from '../../scan/support/harness.ts'

/** Readers without prefetch and cache. */
export function plainReaders(): ReaderFactory & { readonly opened: number; readonly closed: number } {
  const counts = { opened: 0, closed: 0 }
  return {
    get opened() {
      return counts.opened
    },
    get closed() {
      return counts.closed
    },
    open(source: ByteSource): OpenFile {
      counts.opened++
      return {
        size: source.size,
        async read(target, start) {
          const end = Math.min(source.size, start + target.length)
          if (end <= start) return 0
          target.set(await source.read(start, end))
          return end - start
        },
        async close() {
          counts.closed++
          await source.close?.()
        },
      }
    },
    stats: { requests: 0, fetched: 0, delivered: 0, held: 0 },
    close: async () => {},
  }
}

export function mountOf(lake: Lake, options: VfsOptions = {}): Vfs {
  return createVfs(lake, plainReaders(), options)
}

/** Requests by kind, as `get datasets/d/lists/…`. */
export interface Counted {
  readonly lake: Lake
  readonly requests: string[]
}

/** The lake, each of whose requests is written down. */
export function counted(lake: Lake): Counted {
  const requests: string[] = []
  const noted =
    <O, R>(op: string, work: (key: string, options?: O) => R) =>
    (key: string, options?: O): R => {
      requests.push(`${op} ${key}`)
      return work(key, options)
    }
  const { store: inner } = lake
  const store: ObjectStore = {
    ...inner,
    open: noted('get', inner.open),
    info: noted('head', inner.info),
    get: noted('get', inner.get),
    list: noted('list', inner.list),
  }
  return { lake: { ...lake, store, memo: new Map() }, requests }
}

/** Everything below a folder, as `find` walks it; folders end in a slash, links say where they lead. */
export async function walk(vfs: Vfs, path = '/'): Promise<string[]> {
  const found: string[] = []
  for (const name of (await vfs.readdir(path)) ?? []) {
    const below = path === '/' ? `/${name}` : `${path}/${name}`
    const attributes = await vfs.getattr(below)
    if (attributes?.kind === 'folder') found.push(`${below}/`, ...(await walk(vfs, below)))
    else if (attributes?.kind === 'link') found.push(`${below} -> ${await vfs.readlink(below)}`)
    else if (attributes === undefined) found.push(`${below} is missing`)
    else found.push(below)
  }
  return found
}

/** A file's bytes, read as a program would that asks for so many at a time. */
export async function contentOf(vfs: Vfs, path: string, step = 64 * 1024): Promise<Buffer> {
  const file = await vfs.open(path)
  const parts: Buffer[] = []
  try {
    for (let at = 0; ; ) {
      const part = Buffer.alloc(step)
      const read = await file.read(part, at)
      if (read === 0) return Buffer.concat(parts)
      parts.push(part.subarray(0, read))
      at += read
    }
  } finally {
    await file.close()
  }
}

/** Builds indexes in this thread: workers do not see a store in memory. */
export const indexHere: IndexOf = async ({ uri }, name) => {
  const { store, key } = locate(uri)
  const source = (await store.open(key))!
  const bytes = await source.read(0, source.size)
  const format = formatNamed(name)
  const head = parseHead(uri, bytes, true)
  const beside = async () => undefined
  const layout = await format.layout({ head, source, beside, signal: undefined }, {})
  const { identity, size } = source
  const home = new IndexHome({ lake: 'memory://no-lake', cache: 'memory://indexes' })
  const target = { uri: source.uri, identity, size, format: name, options: {} }
  const file = new BoundFile(source, head, format, layout, target, undefined, home, uri, beside)
  return (await scanBytes({ source, format, layout, file })).index
}
