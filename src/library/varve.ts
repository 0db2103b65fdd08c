/** Everything varve does, behind one object that owns its threads and connections. */

import { type Meter, threadMeter } from '../bytes/index.ts'
import { type Catalog, createCatalog } from '../catalog/index.ts'
import type { QueryResult, RunOptions, Session } from '../engine/types.ts'
import { VarveError } from '../errors.ts'
import type { ColumnBatch } from '../formats/batch.ts'
import { initLake, type LakeReport } from '../lake/init.ts'
import { openLake } from '../lake/open.ts'
import type { Lake } from '../lake/types.ts'
import { expandPattern } from '../scan/expand.ts'
import { signaturesOf, TABLE_FUNCTIONS } from '../scan/functions/index.ts'
import { createScanService, type LocalScanService } from '../scan/service.ts'
import { closeStores, loadDotEnv } from '../store/index.ts'
import { claims } from './claims.ts'
import type { EngineOptions, Serving } from './engine.ts'
import { openVarveFile } from './file.ts'
import { formatRows } from './format-rows.ts'
import { laterVerbs } from './lake/later.ts'
import { fileQuery } from './lake/table-source.ts'
import { useProcedure } from './lake/use.ts'
import type { LakeVerbs } from './lake-types.ts'
import type { MountVerbs } from './mount.ts'
import { sliceFromJson } from './slice.ts'
import type { CallOptions, FormatRow, OpenOptions, Slice, VarveFile, VarveOptions } from './types.ts'

export class Varve {
  readonly #options: VarveOptions
  #lake: Lake | undefined
  #verbs: Promise<LakeVerbs> | undefined
  #catalog: Catalog | undefined
  #scan: LocalScanService | undefined
  #session: Promise<Session> | undefined
  readonly #meter: Meter

  constructor(options: VarveOptions = {}) {
    loadDotEnv()
    this.#options = options
    this.#meter = threadMeter()
  }

  #service(): LocalScanService {
    const { jobs, warn } = this.#options
    const { functions, names } = this.#lakeInSql()
    this.#scan ??= createScanService({ lake: this.#lakeUrl, jobs, warn, functions, names })
    return this.#scan
  }

  get #lakeUrl(): string {
    return this.#options.lake ?? process.env.VARVE_LAKE ?? './lake'
  }

  #lakeInSql(): Catalog {
    this.#catalog ??= createCatalog(this.#openedLake(), {
      ...laterVerbs(() => this.lake()),
      fileQuery,
    })
    return this.#catalog
  }

  #openedLake(): Lake {
    this.#lake ??= openLake(this.#lakeUrl)
    return this.#lake
  }

  /** The verbs on the lake, which need not exist before one of them is called. */
  lake(): Promise<LakeVerbs> {
    this.#verbs ??= this.#loadVerbs()
    return this.#verbs
  }

  async #loadVerbs(): Promise<LakeVerbs> {
    // Not with the program: most of its calls ask a file, and no lake.
    const { createLakeVerbs } = await import('./lake/verbs.ts')
    return createLakeVerbs(this.#openedLake(), (text, options) => this.sql(text, options))
  }

  /** Mounting the lake, and this user's mounts. */
  async mounts(): Promise<MountVerbs> {
    const { createMountVerbs } = await import('./mount.ts')
    return createMountVerbs(this.#lakeUrl, this.#options.jobs)
  }

  /** Serves scans to other programs of this user, until it is stopped. */
  async engine(options: Omit<EngineOptions, 'lake' | 'jobs' | 'warn'>): Promise<Serving> {
    const { startEngine } = await import('./engine.ts')
    const { jobs, warn } = this.#options
    return startEngine({ ...options, lake: this.#lakeUrl, jobs, warn })
  }

  /** Requests to stores and bytes of their bodies so far, over all threads. */
  get meters(): { readonly requests: number; readonly bytes: number } {
    return this.#meter.read()
  }

  /** Opens one file; `not-found` when there is none. */
  openFile(uri: string, options: OpenOptions = {}): Promise<VarveFile> {
    return openVarveFile(uri, options, this.#service().context)
  }

  /** The URIs that a pattern stands for, in order; `not-found` when nothing matches it. */
  async expand(pattern: string, { signal }: CallOptions = {}): Promise<readonly string[]> {
    const files = await expandPattern(pattern, this.#service().context, signal)
    return files.map(({ name }) => name)
  }

  /** A slice from its JSON; `invalid-input` when it is none, or was edited. */
  parseSlice(text: string): Slice {
    return sliceFromJson(text, this.#service().context)
  }

  /** The SQL session, opened by the first call. */
  session(): Promise<Session> {
    this.#session ??= this.#openSession()
    return this.#session
  }

  async #openSession(): Promise<Session> {
    const { openSession } = await import('../engine/session.ts')
    const { functions: own, procedures: lakes } = this.#lakeInSql()
    const procedures = [...lakes, useProcedure(this.#openedLake())]
    const functions = [...TABLE_FUNCTIONS, ...signaturesOf(own)]
    return openSession({ scan: this.#service(), functions, procedures, claims })
  }

  /**
   * Runs SQL; the result of its last statement. Its batches are read to the end, or it is closed, before the next
   * `sql` starts.
   */
  async sql(text: string, options: RunOptions = {}): Promise<QueryResult> {
    const session = await this.session()
    const { splitStatements } = await import('../engine/rewrite/tokens.ts')
    const results = session.run(text, options)[Symbol.asyncIterator]()
    // The iterator stays where the last result is: going on, or leaving it, would close the result.
    for (let left = splitStatements(text).length; ; left--) {
      const { done, value } = await results.next()
      if (done === true) throw new VarveError('invalid-input', 'the SQL text holds no statement')
      if (left === 1) return endingWith(value, results)
    }
  }

  formats(): readonly FormatRow[] {
    return formatRows()
  }

  /** Makes the lake at this URL, or finds it there. */
  initLake(url: string, options: CallOptions = {}): Promise<LakeReport> {
    return initLake(url, options)
  }

  /** Ends threads and connections. */
  async close(): Promise<void> {
    await (await this.#session?.catch(() => undefined))?.close()
    await this.#scan?.close()
    await closeStores()
  }
}

/** The result, with which the iterator that gave it ends. */
function endingWith(result: QueryResult, results: AsyncIterator<QueryResult>): QueryResult {
  async function* batches(): AsyncGenerator<ColumnBatch> {
    try {
      yield* result.batches
    } finally {
      await results.return?.()
    }
  }
  return {
    ...result,
    batches: { [Symbol.asyncIterator]: batches },
    async close() {
      await result.close()
      await results.return?.()
    },
  }
}
