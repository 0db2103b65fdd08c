/** The real scan service with its threads, over files in a folder of its own. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { errorToJson } from '../../../src/errors.ts'
import type { ColumnBatch, DataType } from '../../../src/formats/batch.ts'
import { createScanService, type LocalScanService } from '../../../src/scan/service.ts'
import type { Argument, Predicate, ScanStream } from '../../../src/scan/types.ts'
import { batchRows, type Rows } from './harness.ts'

export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'varve-scan-'))
  readonly warnings: string[] = []
  readonly #services: LocalScanService[] = []

  constructor() {
    process.env.VARVE_CACHE = join(this.folder, 'cache')
    afterAll(async () => {
      await Promise.all(this.#services.map((service) => service.close()))
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  service(jobs = 2): LocalScanService {
    const lake = join(this.folder, 'lake')
    const service = createScanService({ lake, jobs, warn: (message) => this.warnings.push(message) })
    this.#services.push(service)
    return service
  }

  /** Writes a file and returns its path. */
  file(name: string, bytes: Uint8Array | string): string {
    const path = join(this.folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, bytes)
    return path
  }

  /** Every file in the cache folder: the indexes, and whatever was left behind. */
  cached(): string[] {
    const files = (folder: string): string[] =>
      readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
      )
    try {
      return files(join(this.folder, 'cache'))
    } catch {
      return []
    }
  }

  forgetIndexes(): void {
    rmSync(join(this.folder, 'cache'), { recursive: true, force: true })
  }
}

export interface Query {
  readonly args: readonly Argument[]
  readonly named?: Readonly<Record<string, Argument>>
  /** Names of the wanted columns; default all. */
  readonly columns?: readonly string[]
  readonly predicates?: readonly Predicate[]
}

/** The rows of a table function's call. */
export async function query(service: LocalScanService, name: string, call: Query): Promise<Rows> {
  const rows: Rows = []
  await eachBatch(service, name, call, (batch) => void rows.push(...batch))
  return rows
}

export async function eachBatch(
  service: LocalScanService,
  name: string,
  call: Query,
  take: (rows: Rows, stream: ScanStream) => void | Promise<void>,
): Promise<void> {
  await eachColumnBatch(service, name, call, (batch, types, stream) => take(batchRows(batch, types), stream))
}

export async function eachColumnBatch(
  service: LocalScanService,
  name: string,
  { args, named = {}, columns, predicates = [] }: Query,
  take: (batch: ColumnBatch, types: readonly DataType[], stream: ScanStream) => void | Promise<void>,
): Promise<void> {
  const bound = await service.bind({ name, args, named })
  try {
    const wanted = columns?.map((column) => bound.columns.findIndex((one) => one.name === column))
    const projection = wanted ?? bound.columns.map((_, i) => i)
    const types = projection.map((column) => bound.columns[column]!.type)
    const stream = service.scan({ bound: bound.id, columns: projection, predicates })
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      await take(batch, types, stream)
      stream.release(batch)
    }
  } finally {
    service.unbind(bound.id)
  }
}

/** Code and message of what a promise fails with. */
export async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise
  } catch (error) {
    const { code, message } = errorToJson(error)
    return { code, message }
  }
  throw new Error('expected a failure')
}
