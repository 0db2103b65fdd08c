/**
 * `slices/<path>/<n>/0000.<ext>`: a text file cut into n, each slice a file that the format's tools open.
 *
 * The folder of a file lists nothing, whatever n can be looked up in it: whatever walks through the mount (`find`,
 * `du`) would else have every file indexed.
 */

import { FORMATS, formatExtension, formatOfName } from '../../formats/registry.ts'
import type { Format } from '../../formats/types.ts'
import type { PartitionIndex } from '../../index/types.ts'
import { placeOf } from '../../lake/retrieve/object.ts'
import { indexFile } from '../../scan/build.ts'
import type { NamedObject, ScanContext } from '../../scan/context.ts'
import type { FileTree, Found } from './file-tree.ts'
import { Lru } from './lru.ts'
import { andThen, type Maybe } from './maybe.ts'
import { folder, type Node } from './node.ts'
import type { Opening } from './object.ts'
import { newTexts, SlicedFile } from './sliced-file.ts'

/** Into how many a file can be cut. */
const MOST = 100_000

/** Indexed files that are remembered; what was decoded of them is bounded by itself. */
const MOST_FILES = 64

/** The index of an object, read as a format: the one that is there, or a new one. */
export type IndexOf = (object: NamedObject, format: string, signal: AbortSignal) => Promise<PartitionIndex>

/** Indexes as a scan's context finds, builds and keeps them. */
export function indexesOf(context: ScanContext): IndexOf {
  return async (object, format, signal) => {
    const { index } = await indexFile(object.name, context, { format, object, signal })
    await index.close?.()
    return index
  }
}

type FoundFile = Extract<Found, { kind: 'file' }>

interface TextFile {
  readonly path: string
  readonly file: FoundFile
  readonly format: Format
}

export class Slices {
  readonly #opening: Opening
  readonly #indexOf: IndexOf
  readonly #files = new Lru<SlicedFile>(MOST_FILES, () => 1)
  readonly #texts = newTexts()

  constructor(opening: Opening, indexOf: IndexOf) {
    this.#opening = opening
    this.#indexOf = indexOf
  }

  /** A node of `slices/`; the empty path is the folder itself. */
  find(tree: FileTree, path: string, modified: number): Maybe<Node | undefined> {
    return andThen(this.#at(tree, path), (at) => {
      if (at === 'folder') return folder(modified, () => this.#list(tree, path))
      if (at !== undefined) return folder(modified, () => [])
      const [above, name] = cutLast(path)
      const n = countOf(name)
      return andThen(above === '' ? undefined : this.#at(tree, above), (cut) => {
        if (cut !== undefined)
          return cut === 'folder' || n === undefined
            ? undefined
            : folder(modified, () => Array.from({ length: n }, (_, i) => sliceName(cut, n, i)))
        const [file, count] = cutLast(above)
        return file === '' ? undefined : this.#slice(tree, file, countOf(count), name, modified)
      })
    })
  }

  #slice(
    tree: FileTree,
    path: string,
    n: number | undefined,
    name: string,
    modified: number,
  ): Maybe<Node | undefined> {
    if (n === undefined) return undefined
    return andThen(this.#at(tree, path), (text) => {
      if (text === undefined || text === 'folder') return undefined
      const i = Number.parseInt(name, 10)
      if (!(i >= 0 && i < n) || sliceName(text, n, i) !== name) return undefined
      return andThen(this.#open(text), async (sliced) => {
        const slice = await sliced.slice(n, i)
        return { kind: 'file' as const, modified, size: slice.size, open: () => sliced.open(slice) }
      })
    })
  }

  /** A text file, or a folder; files of other formats have no slices that are files. */
  #at(tree: FileTree, path: string): Maybe<TextFile | 'folder' | undefined> {
    return andThen(tree.find(path), (found) => {
      if (found === undefined || found.kind === 'folder') return found?.kind
      const format = textFormatOf(path, found.entries.formatAt(found.row))
      return format && { path, file: found, format }
    })
  }

  /** Of a folder: its folders, and the files that have slices. */
  #list(tree: FileTree, path: string): Maybe<readonly string[]> {
    return andThen(tree.list(path), (names = []) => {
      const base = path === '' ? '' : `${path}/`
      const found = names.map((name) => this.#at(tree, base + name))
      const shown = (all: readonly (TextFile | 'folder' | undefined)[]): string[] =>
        names.filter((_, i) => all[i] !== undefined)
      return found.some((one) => one instanceof Promise)
        ? Promise.all(found).then(shown)
        : shown(found as (TextFile | 'folder' | undefined)[])
    })
  }

  /** By the bytes, so that a file is indexed and decoded once for all the versions that have it. */
  #open({ path, file, format }: TextFile): Maybe<SlicedFile> {
    const { lake, signal } = this.#opening
    const entry = file.entries.entryAt(file.row)
    const key = JSON.stringify([format.name, entry.sha256, entry.uri, entry.etag, entry.bytes])
    return this.#files.get(key, async () => {
      const { store, key: at } = await placeOf(lake, entry, signal)
      const identity = entry.uri === undefined ? undefined : entry.etag
      const object = { name: path, uri: store.url + at, size: entry.bytes, identity }
      return new SlicedFile(
        this.#opening,
        await this.#indexOf(object, format.name, signal),
        format,
        this.#texts,
      )
    })
  }
}

/** The text format that the version has on record, or that the name speaks of where it has none. */
function textFormatOf(path: string, recorded: string | undefined): Format | undefined {
  const format = recorded === undefined ? formatOfName(path) : FORMATS.find((one) => one.name === recorded)
  // Words are a way to read any text, not a format that a tool would open.
  return format?.text === undefined || format.name === 'words' ? undefined : format
}

/** The number of slices that a folder's name says; only as one writes it. */
function countOf(name: string): number | undefined {
  const n = /^[1-9][0-9]{0,5}$/.test(name) ? Number(name) : Number.NaN
  return n <= MOST ? n : undefined
}

function sliceName({ path, format }: TextFile, n: number, i: number): string {
  const digits = Math.max(4, String(n - 1).length)
  return `${String(i).padStart(digits, '0')}.${formatExtension(path) || (format.extensions[0] ?? 'txt')}`
}

function cutLast(path: string): readonly [above: string, name: string] {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)]
}
