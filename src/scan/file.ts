/** One file, bound: its format and layout are known, its index when there is one. */

import { type ByteSource, withHead } from '../bytes/index.ts'
import { isVarveError, VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import { HEAD_BYTES, parseHead } from '../formats/head.ts'
import { formatAsked, formatOfName } from '../formats/registry.ts'
import type { Options } from '../formats/text/types.ts'
import type {
  Blocks,
  Condition,
  FileAtHand,
  Format,
  Head,
  Layout,
  Memory,
  Piece,
  Segment,
  SourceRef,
} from '../formats/types.ts'
import type { IndexHome, IndexTarget } from '../index/location.ts'
import type { PartitionIndex } from '../index/types.ts'
import { locate } from '../store/index.ts'
import type { NamedObject, ScanContext } from './context.ts'
import { NARROWED_BY } from './expected.ts'
import { IndexSearch } from './index-search.ts'
import { guessedTarget, optionsFor, splitView, targetOf } from './index-target.ts'
import { blocksOf, detectedFormat, headOf, layoutOf } from './learnt.ts'
import { openRemembered, type RememberedSource } from './open.ts'
import { placedAt } from './place.ts'

export interface OpenFileOptions {
  /** The format's name; default: what the head says. */
  readonly format?: string | undefined
  readonly options?: Options | undefined
  readonly signal?: AbortSignal | undefined
  /** Do not look for an index, even a damaged one: it is about to be replaced. */
  readonly ignoreIndex?: boolean | undefined
  /** What the name stands for, where that is known already. */
  readonly object?: NamedObject | undefined
}

/** What opening a file needs of a scan's context. */
export type FileContext = Pick<ScanContext, 'home' | 'names' | 'memory' | 'expected' | 'opened'>

export class BoundFile {
  constructor(
    readonly source: ByteSource,
    readonly head: Head,
    readonly format: Format,
    readonly layout: Layout,
    readonly target: IndexTarget,
    /** Undefined as long as there is none. */
    public index: PartitionIndex | undefined,
    readonly home: IndexHome,
    /** What messages call it. */
    readonly uri: string,
    /** For what narrows a scan. */
    readonly beside: FileAtHand['beside'],
    /** The layout that its index keeps: without the options that only show it differently. */
    readonly kept: Layout = layout,
    readonly memory?: Memory | undefined,
  ) {}

  #atHand(signal: AbortSignal | undefined): FileAtHand {
    const { head, source, beside, memory } = this
    return { head, source, beside, signal, memory }
  }

  /** Of the file and those that belong to it. */
  get bytes(): number {
    return (this.layout.companions ?? []).reduce((sum, { size }) => sum + size, this.source.size)
  }

  #blocks: Promise<Blocks> | undefined

  /** The blocks that the file lists, read once; undefined where the format has none. */
  blocks(signal: AbortSignal | undefined): Promise<Blocks | undefined> {
    const { format, layout, source } = this
    if (format.blocks === undefined) return Promise.resolve(undefined)
    const list = () => format.blocks!(source, layout, { attach: attachSource, signal })
    this.#blocks ??= blocksOf(layout, this.memory, list).catch((error: unknown) => {
      this.#blocks = undefined
      throw placedAt(this.uri, error)
    })
    return this.#blocks
  }

  /** Pieces that hold all that may fulfil the conditions, by another tool's index; undefined when there is none. */
  async narrow(
    conditions: readonly Condition[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Piece[] | undefined> {
    return this.format.narrow?.(this.#atHand(signal), this.layout, conditions)
  }

  /** Writes the index that a whole scan brought. */
  async keepIndex(segments: readonly Segment[], rows: number, raw: number): Promise<PartitionIndex> {
    const { uri, identity, size } = this.source
    this.index = await this.home.write(
      this.target,
      { uri, identity, size, layout: this.kept, rows, raw },
      segments,
    )
    return this.index
  }

  async close(): Promise<void> {
    await this.source.close?.()
    await this.index?.close?.()
  }
}

/**
 * The format by which an index is looked for before anything of the file is read, for formats of which people want
 * small parts: with an index its head is not needed.
 */
function seekingFormat(uri: string, { format, ignoreIndex }: OpenFileOptions): Format | undefined {
  if (ignoreIndex === true) return undefined
  const named = format === undefined ? formatOfName(uri) : formatAsked(format, uri)
  return named?.seeks === true ? named : undefined
}

/**
 * Opens a file with one request: its size, identity and first MiB; where the format's index is looked for first, the
 * first MiB comes with a request of its own, or not at all; of a file that is remembered, the request brings no more
 * than its identity. `not-found` when there is none.
 */
export async function openFile(
  uri: string,
  context: FileContext,
  options: OpenFileOptions = {},
): Promise<BoundFile> {
  const { home } = context
  const { signal, object } = options
  // Whether there is a lake is asked while the file is opened: one round trip less to wait for.
  home.lake().catch(() => undefined)
  const head = seekingFormat(uri, options) === undefined ? HEAD_BYTES : undefined
  const last = options.ignoreIndex === true ? undefined : context.memory.last(uri)
  const guess = last && guessedTarget(uri, last, options)
  const search = new IndexSearch(home, last, guess, context.opened, signal)
  try {
    const opened = await openRemembered({ name: uri, object }, context, { head, signal })
    if (opened === undefined) throw new VarveError('not-found', `${uri} does not exist`, { uri })
    return await bindOpened(uri, opened, context, options, search)
  } finally {
    search.close()
  }
}

async function bindOpened(
  uri: string,
  opened: RememberedSource,
  context: FileContext,
  options: OpenFileOptions,
  search: IndexSearch,
): Promise<BoundFile> {
  try {
    return await bindFile(uri, opened, context, options, search)
  } catch (error) {
    await opened.source.close?.()
    // An object's own URI says nothing to whoever asked for it by another name.
    throw opened.shown === opened.source.uri ? error : placedAt(opened.shown, error)
  }
}

async function bindFile(
  uri: string,
  { source: opened, shown, inMemory, memory, bare }: RememberedSource,
  context: FileContext,
  options: OpenFileOptions,
  search: IndexSearch,
): Promise<BoundFile> {
  const { home } = context
  const { signal } = options
  memory?.keep('uri', opened.uri, 2 * opened.uri.length)
  const expected = seekingFormat(uri, options)
  const early = expected && (await search.find(targetOf(opened, expected, options.options ?? {}), memory))
  // Another thread cannot see this one's memory: all of such a file travels as its head.
  const all = inMemory ? await opened.read(0, opened.size, { signal }) : new Uint8Array(0)
  const head =
    inMemory || early !== undefined
      ? parseHead(shown, all, all.length === opened.size)
      : await headOf(bare, shown, memory, signal)
  const { bytes } = head
  const format =
    early !== undefined
      ? expected!
      : options.format === undefined
        ? detectedFormat(uri, head, memory)
        : formatAsked(options.format, uri, head)
  const target = targetOf(opened, format, options.options ?? {})
  const [given, view] = splitView(format, optionsFor(format, options.options ?? {}))
  const isKnown = options.ignoreIndex === true || format === expected
  const index = isKnown ? early : await search.find(target, memory)
  const source = withHead(opened, bytes)
  const beside = besideOf(uri, context, signal)
  try {
    const atHand = { head, source, beside, signal, memory }
    const kept = index?.layout ?? (await layoutOf(format, atHand, given))
    const layout = format.view?.(kept, view) ?? kept
    // With an index of its own nobody looks for another tool's.
    if (index !== undefined) memory?.keep(NARROWED_BY, undefined, 0)
    const narrowing = besideOf(uri, context, signal, (name) =>
      memory?.keep(NARROWED_BY, name, 2 * name.length),
    )
    return new BoundFile(source, head, format, layout, target, index, home, shown, narrowing, kept, memory)
  } catch (error) {
    await index?.close?.()
    throw placedAt(shown, error)
  }
}

/** Opens what stands beside a file, by the names that its own is one of: a path, a URL, a lake's; tells what it found. */
function besideOf(
  uri: string,
  context: FileContext,
  signal: AbortSignal | undefined,
  found: (name: string) => void = () => undefined,
): FileAtHand['beside'] {
  return async (name, head) => {
    try {
      const opened = await openRemembered({ name: name(uri) }, context, { head, signal })
      if (opened !== undefined) found(name(uri))
      return opened?.source
    } catch (error) {
      // A version that holds no such file.
      if (isVarveError(error, 'not-found')) return undefined
      throw error
    }
  }
}

/** Another object that a file's bytes stand in. */
export function attachSource({ uri, size, identity }: SourceRef): ByteSource {
  const { store, key } = locate(uri)
  return store.attach(key, size, identity)
}

/** Refuses a file whose columns are not those of the first one. */
export function checkSameColumns(first: readonly Field[], firstUri: string, file: BoundFile): void {
  const show = (columns: readonly Field[]): string =>
    columns.map((column) => `${column.name} ${JSON.stringify(column.type)}`).join(', ')
  const expected = show(first)
  const actual = show(file.layout.columns)
  if (expected === actual) return
  const names = (columns: readonly Field[]): string =>
    columns.map((column) => `${column.name} ${column.type.kind}`).join(', ')
  const message = `columns of ${file.uri} are (${names(file.layout.columns)}), expected those of ${firstUri}: (${names(first)})`
  throw new VarveError('invalid-data', message, { uri: file.uri })
}
