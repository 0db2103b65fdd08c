/** What stands under a version's number; it never changes. */

import { VarveError } from '../../errors.ts'
import { FILES } from '../../lake/files.ts'
import type { Lake, VersionDescription } from '../../lake/types.ts'
import { FileTree, type Found } from './file-tree.ts'
import type { Immutables } from './immutables.ts'
import { andThen, type Maybe } from './maybe.ts'
import { memoryFile } from './memory-file.ts'
import { folder, type Node } from './node.ts'
import type { Objects } from './object.ts'
import type { LoadedParts } from './parts.ts'
import type { Slices } from './slices.ts'
import { Tables } from './tables.ts'

/** What the versions of a mount share. */
export interface Shared {
  readonly lake: Lake
  readonly signal: AbortSignal
  readonly objects: Objects
  readonly loaded: LoadedParts
  readonly immutables: Immutables
  /** Undefined: the mount has no slices. */
  readonly slices: Slices | undefined
}

type Below = (path: string) => Maybe<Node | undefined>

export class VersionTree {
  readonly #shared: Shared
  readonly #modified: number
  readonly #tables: Tables
  readonly #description: Uint8Array
  readonly #below: ReadonlyMap<string, Below>
  #files: FileTree | undefined

  constructor(shared: Shared, version: VersionDescription) {
    const { lake, immutables, signal, slices } = shared
    this.#shared = shared
    this.#modified = Date.parse(version.created_at)
    this.#tables = new Tables(lake, version.tables, this.#modified, immutables, signal)
    this.#description = Buffer.from(`${JSON.stringify(version, null, 2)}\n`)
    this.#below = new Map<string, Below>([
      ['files', (path) => andThen(this.#tree(), (tree) => this.#file(tree, path))],
      ['schemas', (path) => this.#tables.schema(path)],
      ...(slices === undefined ? [] : [['slices', this.#slices(slices)] as const]),
      ['tables', (path) => this.#tables.table(path)],
      ['version.json', (path) => (path === '' ? this.#versionFile() : undefined)],
    ])
  }

  /** A node by its path below the version's folder; the empty one is the folder. */
  find(path: string): Maybe<Node | undefined> {
    if (path === '') return folder(this.#modified, () => [...this.#below.keys()])
    const slash = path.indexOf('/')
    const [name, rest] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
    return this.#below.get(name)?.(rest)
  }

  #tree(): Maybe<FileTree> {
    if (this.#files !== undefined) return this.#files
    return andThen(this.#tables.parts(FILES), (parts) => {
      this.#files ??= new FileTree(parts, this.#shared.loaded)
      return this.#files
    })
  }

  #file(tree: FileTree, path: string): Maybe<Node | undefined> {
    return andThen(tree.find(path), (found) =>
      found === undefined
        ? undefined
        : found.kind === 'file'
          ? this.#fileNode(path, found)
          : folder(this.#modified, () => andThen(tree.list(path), (names) => names ?? [])),
    )
  }

  #fileNode(path: string, { entries, row }: Extract<Found, { kind: 'file' }>): Node {
    const size = entries.sizeAt(row)
    if (!Number.isSafeInteger(size) || size < 0)
      throw new VarveError('invalid-data', `${path} has ${size} bytes, expected a size`, { path })
    const modified = entries.modifiedAt(row)
    return {
      kind: 'file',
      modified: Number.isNaN(modified) ? this.#modified : modified,
      size,
      open: async () => this.#shared.objects.open(entries.entryAt(row)),
    }
  }

  #slices(slices: Slices): Below {
    return (path) => andThen(this.#tree(), (tree) => slices.find(tree, path, this.#modified))
  }

  #versionFile(): Node {
    const bytes = this.#description
    return { kind: 'file', modified: this.#modified, size: bytes.length, open: async () => memoryFile(bytes) }
  }
}
