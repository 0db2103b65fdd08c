/** A scan over any number of files as if they were one. */

import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import type { Options } from '../formats/text/types.ts'
import type { WantedFields } from '../formats/types.ts'
import type { ScanContext } from './context.ts'
import type { FileName } from './expand.ts'
import { explainFile, sumExplanations } from './explain.ts'
import { type BoundFile, checkSameColumns, openFile } from './file.ts'
import type { FileScan } from './file-scan.ts'
import type { BoundCall } from './functions/types.ts'
import type { TaskColumn } from './messages.ts'
import { countStream } from './rows.ts'
import type { Planned } from './slot.ts'
import { OrderedStream } from './stream.ts'
import type { Predicate, ScanExplanation, ScanStream } from './types.ts'
import { planFile } from './works.ts'

export interface ReadOptions {
  readonly format?: string | undefined
  readonly options: Options
  /** Adds the column `filename`. */
  readonly filename: boolean
  readonly ignoreErrors: boolean
}

export const FILENAME: Field = { name: 'filename', type: { kind: 'utf8' } }

/** Files that are being opened while one is read. */
const OPENED_AHEAD = 4

/** Why opening and planning stop; one for all. */
const CLOSED = new VarveError('aborted', 'the scan was closed')

export class FileSet implements BoundCall {
  readonly columns: readonly Field[]
  readonly zones: readonly string[]
  readonly #first: BoundFile
  readonly #names: readonly FileName[]
  readonly #options: ReadOptions
  readonly #context: ScanContext

  private constructor(
    names: readonly FileName[],
    first: BoundFile,
    options: ReadOptions,
    context: ScanContext,
  ) {
    this.#first = first
    this.#names = names
    this.#options = options
    this.#context = context
    this.columns = options.filename ? [...first.layout.columns, FILENAME] : first.layout.columns
    const ordinal = first.layout.ordinal
    const ordinals = ordinal === undefined ? [] : [first.layout.columns[ordinal]!.name]
    this.zones = [...ordinals, ...first.layout.zones]
  }

  static async bind(
    names: readonly FileName[],
    options: ReadOptions,
    context: ScanContext,
    signal: AbortSignal | undefined,
  ): Promise<FileSet> {
    const { format, options: given } = options
    context.pool.warm()
    // An index numbers the records that were good when it was built, for nobody who asked for their text.
    const ignoreIndex = options.ignoreErrors
    const { name, object } = names[0]!
    const opening = { format, options: given, signal, ignoreIndex, object }
    const first = await openFile(name, context, opening)
    context.pool.warm(first.source.size * names.length)
    return new FileSet(names, first, options, context)
  }

  get cardinality(): { readonly rows: number; readonly exact: boolean } | undefined {
    const index = this.#first.index
    if (index === undefined) return undefined
    return {
      rows: index.rows * this.#names.length,
      exact: this.#names.length === 1 && !this.#options.ignoreErrors,
    }
  }

  async #open(i: number, signal: AbortSignal): Promise<BoundFile> {
    if (i === 0) return this.#first
    // One may be the binary form of another.
    const { format = this.#first.format.readAs ?? this.#first.format.name } = this.#options
    const { options, ignoreErrors: ignoreIndex } = this.#options
    const { name, object } = this.#names[i]!
    const file = await openFile(name, this.#context, { format, options, signal, ignoreIndex, object })
    checkSameColumns(this.#first.layout.columns, this.#first.uri, file)
    return file
  }

  /** The files in turn, each until the next one is asked for: a descriptor and a head are not kept for thousands. */
  async *#files(signal: AbortSignal): AsyncGenerator<BoundFile, void> {
    const opening: Promise<BoundFile>[] = []
    const close = async (file: BoundFile): Promise<void> => {
      if (file !== this.#first) await file.close()
    }
    // A scan that is closed asks for no further file, so its generator does not end by itself.
    signal.addEventListener('abort', () => {
      for (const file of opening) file.then(close).catch(() => undefined)
    })
    for (let i = 0, next = 0; i < this.#names.length; i++) {
      // Opening costs round trips; who wants more than the first file gets the next ones meanwhile.
      for (; next < this.#names.length && next <= (i === 0 ? 0 : i + OPENED_AHEAD); next++) {
        const file = this.#open(next, signal)
        file.catch(() => undefined)
        opening.push(file)
      }
      const file = await opening[0]!
      yield file
      opening.shift()
      await close(file)
    }
  }

  open(
    columns: readonly number[],
    predicates: readonly Predicate[],
    fields?: WantedFields | undefined,
  ): ScanStream {
    const { ordinal } = this.#first.layout
    const last = this.#first.layout.columns.length
    const abort = new AbortController()
    let total = 0

    const works = async function* (this: FileSet): AsyncGenerator<Planned, void> {
      let i = 0
      for await (const file of this.#files(abort.signal)) {
        const uri = this.#names[i++]!.name
        total += file.bytes
        const wanted = columns.map((column): TaskColumn => (column === last ? { constant: uri } : column))
        yield* planFile(file, { columns: wanted, conditions: predicates, fields, signal: abort.signal })
      }
    }.call(this)

    if (columns.length === 0 && predicates.length === 0) {
      const counted = this.#countRows()
      if (counted !== undefined) return counted
    }
    const at = ordinal === undefined ? -1 : columns.indexOf(ordinal)
    return new OrderedStream(this.#context.pool, {
      works,
      ordinal: at < 0 ? undefined : at,
      ignoreErrors: this.#options.ignoreErrors,
      total: () => total,
      onRejects: (rejects) => this.#context.rejects.push(...rejects),
      finish: (scan) => this.#keepIndex(scan),
      onClose: () => abort.abort(CLOSED),
    })
  }

  async explain(
    columns: readonly number[],
    predicates: readonly Predicate[],
    signal: AbortSignal,
  ): Promise<ScanExplanation> {
    const own = columns.filter((column) => column < this.#first.layout.columns.length)
    const parts: ScanExplanation[] = []
    for await (const file of this.#files(signal))
      parts.push(await explainFile(file, { columns: own, conditions: predicates, signal }))
    return sumExplanations(parts)
  }

  /** Only the number of rows is wanted, and the indexes know it. */
  #countRows(): ScanStream | undefined {
    const index = this.#first.index
    if (index === undefined || this.#names.length > 1 || this.#options.ignoreErrors) return undefined
    return countStream(index.rows, { done: index.size, total: index.size })
  }

  /** The index is a gift of the scan: a full disk must not fail the query that paid for it. */
  async #keepIndex(scan: FileScan): Promise<void> {
    if (this.#options.ignoreErrors) return
    try {
      await scan.finish()
      if (scan.file !== this.#first) await scan.file.close()
    } catch (error) {
      this.#context.warn(`the index of ${scan.file.uri} could not be kept: ${(error as Error).message}`)
    }
  }

  async close(): Promise<void> {
    await this.#first.close()
  }
}
