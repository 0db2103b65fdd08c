/**
 * The tree of a lake, as DESIGN §7 has it, without a kernel: paths to nodes, nodes to what the kernel asks.
 *
 * Nothing is loaded before it is asked for, and what is in memory is answered at once.
 */

import { setMaxListeners } from 'node:events'
import { VarveError } from '../errors.ts'
import type { Lake } from '../lake/types.ts'
import { type Dataset, Datasets } from './tree/datasets.ts'
import { Immutables } from './tree/immutables.ts'
import { andThen, type Maybe } from './tree/maybe.ts'
import { attributesOf, folder, type Link, type Node } from './tree/node.ts'
import { Objects } from './tree/object.ts'
import { loadedParts } from './tree/parts.ts'
import { type IndexOf, Slices } from './tree/slices.ts'
import { type Shared, VersionTree } from './tree/version.ts'
import type { ReaderFactory, Vfs } from './types.ts'

export interface VfsOptions {
  /** Finds or builds a file's index; without it there are no slices. `indexesOf` makes it of a scan's context. */
  readonly indexOf?: IndexOf | undefined
  /** Bytes of file lists to keep in memory; default 48 MiB. */
  readonly memory?: number | undefined
}

/** Milliseconds for which a dataset that is there needs not be looked for again. */
const RECENTLY = 100

/** Versions whose trees are kept; what is under them is kept by others. */
const MOST_TREES = 32

/**
 * @example const vfs = createVfs(openLake('s3://bucket/lake'), readers)
 *          await vfs.getattr('/reads/7/files/sample.fastq.gz') // { kind: 'file', size: 133_000_000, … }
 */
export function createVfs(opened: Lake, readers: ReaderFactory, options: VfsOptions = {}): Vfs {
  const stop = new AbortController()
  const { signal } = stop
  // Each request on its way listens to it, and stops when it ends: so many are no leak.
  setMaxListeners(0, signal)
  // See openParts: what this tree leaves out of a schema, others may need.
  const lake: Lake = { ...opened, memo: new Map() }
  const datasets = new Datasets(lake, signal)
  const began = lake.now()
  const loaded = loadedParts(lake, signal, options.memory)
  const immutables = new Immutables(lake, signal)
  const opening = { lake, readers, signal }
  const slices = options.indexOf === undefined ? undefined : new Slices(opening, options.indexOf)
  const objects = new Objects(opening)
  const shared: Shared = { lake, signal, objects, loaded, immutables, slices }
  const trees = new Map<string, VersionTree>()
  /** The version that was asked for last, found again by how the path begins as long as that cannot have changed. */
  let recent: { readonly prefix: string; readonly tree: VersionTree; readonly until: number } | undefined

  function find(path: string): Maybe<Node | undefined> {
    if (path === '/') return folder(began, () => datasets.names())
    if (recent !== undefined && path.startsWith(recent.prefix) && performance.now() < recent.until)
      return recent.tree.find(path.slice(recent.prefix.length))
    const [, name = '', version, ...rest] = path.split('/')
    return andThen(datasets.get(name), (dataset) => {
      if (dataset === undefined) return undefined
      if (version === undefined) return folder(began, () => dataset.list())
      if (/^[1-9][0-9]{0,5}$/.test(version)) return inVersion(dataset, Number(version), rest.join('/'))
      // What is below a link is found below what it leads to; the kernel follows it.
      return rest.length > 0 ? undefined : link(dataset, version)
    })
  }

  function inVersion(dataset: Dataset, number: number, rest: string): Maybe<Node | undefined> {
    const key = `${dataset.name}/${number}`
    const known = trees.get(key)
    if (known !== undefined) {
      // The least recently used are first, and the first to go.
      trees.delete(key)
      trees.set(key, known)
      recent = { prefix: `/${key}/`, tree: known, until: performance.now() + RECENTLY }
      return known.find(rest)
    }
    return andThen(dataset.version(number), (version) => {
      if (version === undefined) return undefined
      const tree = trees.get(key) ?? new VersionTree(shared, version)
      trees.set(key, tree)
      if (trees.size > MOST_TREES) trees.delete(trees.keys().next().value!)
      return tree.find(rest)
    })
  }

  async function link(dataset: Dataset, name: string): Promise<Link | undefined> {
    const version = await (name === 'latest' ? dataset.latest() : dataset.named(name))
    if (version === undefined) return undefined
    return { kind: 'link', target: String(version.number), modified: Date.parse(version.created_at) }
  }

  return {
    getattr: (path) => andThen(find(path), (node) => node && attributesOf(path, node)),
    readdir: (path) => andThen(find(path), (node) => (node?.kind === 'folder' ? node.list() : undefined)),
    readlink: (path) => andThen(find(path), (node) => (node?.kind === 'link' ? node.target : undefined)),

    async open(path) {
      const node = await find(path)
      if (node === undefined) throw new VarveError('not-found', `${path} does not exist`, { path })
      if (node.kind !== 'file')
        throw new VarveError('invalid-input', `${path} is a ${node.kind}, expected a file`, { path })
      return node.open()
    },

    statfs: () => datasets.totals(),

    async close() {
      stop.abort()
    },
  }
}
