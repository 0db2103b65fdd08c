/** One file, bound: its format and layout are known, its index when there is one. */

import { type ByteSource, withHead } from '../bytes/index.ts'
import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import { HEAD_BYTES, parseHead } from '../formats/head.ts'
import { detectFormat, formatNamed } from '../formats/registry.ts'
import type { Options } from '../formats/text/types.ts'
import type { Format, Head, Layout, Segment } from '../formats/types.ts'
import type { IndexHome, IndexTarget } from '../index/location.ts'
import type { PartitionIndex } from '../index/types.ts'
import type { NamedObject, ScanContext } from './context.ts'
import { type OpenedSource, openSource } from './open.ts'
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
export type FileContext = Pick<ScanContext, 'home' | 'names'>

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
    readonly uri: string = source.uri,
  ) {}

  /** Writes the index that a whole scan brought. */
  async keepIndex(segments: readonly Segment[], rows: number, raw: number): Promise<PartitionIndex> {
    const { uri, identity, size } = this.source
    this.index = await this.home.write(
      this.target,
      { uri, identity, size, layout: this.layout, rows, raw },
      segments,
    )
    return this.index
  }

  async close(): Promise<void> {
    await this.source.close?.()
    await this.index?.close?.()
  }
}

/** Opens a file with one request: its size, identity and first MiB. `not-found` when there is none. */
export async function openFile(
  uri: string,
  context: FileContext,
  options: OpenFileOptions = {},
): Promise<BoundFile> {
  const { home } = context
  const { signal, object } = options
  // Whether there is a lake is asked while the file is opened: one round trip less to wait for.
  home.lake().catch(() => undefined)
  const opened = await openSource({ name: uri, object }, context, { head: HEAD_BYTES, signal })
  if (opened === undefined) throw new VarveError('not-found', `${uri} does not exist`, { uri })
  try {
    return await bindFile(uri, opened, home, options)
  } catch (error) {
    await opened.source.close?.()
    // An object's own URI says nothing to whoever asked for it by another name.
    throw opened.shown === opened.source.uri ? error : placedAt(opened.shown, error)
  }
}

async function bindFile(
  uri: string,
  { source: opened, shown, inMemory }: OpenedSource,
  home: IndexHome,
  options: OpenFileOptions,
): Promise<BoundFile> {
  const { signal } = options
  // Another thread cannot see this one's memory: all of such a file travels as its head.
  const here = inMemory ? opened.size : HEAD_BYTES
  const bytes = await opened.read(0, Math.min(opened.size, here), { signal })
  const head = parseHead(shown, bytes, bytes.length === opened.size)
  const format = options.format === undefined ? detectFormat(uri, head) : formatNamed(options.format)
  const given = optionsFor(format, options.options ?? {})
  const target: IndexTarget = {
    uri: opened.uri,
    identity: opened.identity,
    size: opened.size,
    format: format.name,
    options: given,
  }
  const index = options.ignoreIndex === true ? undefined : await home.find(target, signal)
  const layout = index?.layout ?? placed(shown, () => format.layout(head, given))
  return new BoundFile(withHead(opened, bytes), head, format, layout, target, index, home, shown)
}

/** Every reader takes `ignore_errors`; it is the format's matter only where it changes what the file looks like. */
export function optionsFor(format: Format, { ignore_errors, ...options }: Options): Options {
  const matters = ignore_errors !== undefined && format.optionNames.includes('ignore_errors')
  return matters ? { ...options, ignore_errors } : options
}

function placed<T>(uri: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw placedAt(uri, error)
  }
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
