/** Files of a lake's versions by `lake://` names, for clients of the engine: the mount's tree and readers, without a mount. */

import type { Found, LakeFiles, Range, Standing } from '../bridge/index.ts'
import { throwIfAborted, VarveError } from '../errors.ts'
import { inLake, requireLake } from '../lake/open.ts'
import { parseLakeUri } from '../lake/reference.ts'
import type { Lake, VersionDescription } from '../lake/types.ts'
import { listDatasets } from '../lake/versions/list.ts'
import { resolveVersion } from '../lake/versions/resolve.ts'
import { createReaders } from '../mount/reading/index.ts'
import { Immutables } from '../mount/tree/immutables.ts'
import { Lru } from '../mount/tree/lru.ts'
import type { Node } from '../mount/tree/node.ts'
import { Objects } from '../mount/tree/object.ts'
import { loadedParts } from '../mount/tree/parts.ts'
import { type Shared, VersionTree } from '../mount/tree/version.ts'
import { withDiskCache } from '../store/index.ts'
import { HeldFiles } from './held-files.ts'

/** Versions whose trees are kept; what is under them is kept by what they share. */
const MOST_TREES = 32

/** Memory for what is read ahead, per client. */
const MEMORY = 64 * 1024 * 1024

const ROOT = 'lake://'

interface At {
  readonly version: VersionDescription
  /** Below the version; empty: the version itself. */
  readonly path: string
  readonly node: Node
}

/** @example await createLakeFiles(openLake('s3://bucket/lake')).look('lake://reads@3/a.fastq.gz') */
export function createLakeFiles(opened: Lake): LakeFiles {
  const stop = new AbortController()
  const { signal } = stop
  // What the tree leaves out of a schema, others may need: see openParts.
  const lake: Lake = { ...opened, memo: new Map() }
  const readers = createReaders({ memory: MEMORY, wrap: (source) => withDiskCache(source) })
  const shared: Shared = {
    lake,
    signal,
    objects: new Objects({ lake, readers, signal }),
    loaded: loadedParts(lake, signal),
    immutables: new Immutables(lake, signal),
    slices: undefined,
  }
  const trees = new Lru<VersionTree>(MOST_TREES, () => 1)
  const held = new HeldFiles()

  /** A version is resolved anew each time: what `latest` or a tag means may have changed since. */
  async function at(uri: string): Promise<At> {
    throwIfAborted(signal)
    const { reference, path } = parseLakeUri(uri)
    const version = await inLake(lake, () => resolveVersion(lake, reference, { signal }), signal)
    const key = `${version.dataset}@${version.number}`
    const tree = await trees.get(key, async () => new VersionTree(shared, version))
    const node = await tree.find(path === '' ? 'files' : `files/${path}`)
    if (node !== undefined) return { version, path, node }
    throw new VarveError('not-found', `${key} has neither a file nor a folder ${path}`, { uri })
  }

  async function datasets(): Promise<Standing[]> {
    const found: Standing[] = []
    for await (const name of listDatasets(lake, signal)) found.push({ name, ...FOLDER })
    // A folder that is no lake has none either.
    if (found.length === 0) await requireLake(lake, signal)
    return found
  }

  return {
    async look(uri): Promise<Found> {
      if (uri === ROOT) return { version: 0, standing: { name: '', ...FOLDER } }
      const { version, path, node } = await at(uri)
      return { version: version.number, standing: standingOf(lastOf(path), node) }
    },

    async list(uri) {
      if (uri === ROOT) return { version: 0, standing: await datasets() }
      const { version, path, node } = await at(uri)
      if (node.kind !== 'folder') return { version: version.number, standing: [standingOf('', node)] }
      const tree = await trees.get(
        `${version.dataset}@${version.number}`,
        async () => new VersionTree(shared, version),
      )
      const standing: Standing[] = []
      for (const name of await node.list()) {
        const child = await tree.find(['files', path, name].filter((part) => part !== '').join('/'))
        if (child !== undefined) standing.push(standingOf(name, child))
      }
      return { version: version.number, standing }
    },

    async read(uri, ranges) {
      const { version, path, node } = await at(uri)
      if (node.kind !== 'file')
        throw new VarveError('invalid-input', `${uri} is a folder, expected a file`, { uri })
      const key = `${version.dataset}@${version.number}/${path}`
      return held.use(
        key,
        () => node.open(),
        (file) =>
          Promise.all(
            ranges.map(async ([start, end]: Range) => {
              const target = new Uint8Array(Math.max(0, Math.min(end, file.size) - start))
              await file.read(target, start)
              return target
            }),
          ),
      )
    },

    async close() {
      stop.abort()
      await held.close()
      await readers.close()
    },
  }
}

const FOLDER = { kind: 'folder', size: 0, modified: 0 } as const

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function standingOf(name: string, node: Node): Standing {
  const { modified } = node
  return node.kind === 'file'
    ? { name, kind: 'file', size: node.size, modified }
    : { name, kind: 'folder', size: 0, modified }
}
