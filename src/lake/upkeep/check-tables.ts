/** Checks descriptions, lists, schemas and parts, and says which payloads the files of versions have. */

import { isVarveError } from '../../errors.ts'
import { getImmutable } from '../immutable.ts'
import { descriptionKey, listKey, partKey, schemaKey } from '../layout.ts'
import { fileEntry } from '../retrieve/object.ts'
import { type Block, rowAt } from '../table/block.ts'
import { openTable, rowsOf, tableContent } from '../table/list.ts'
import { loadPart } from '../table/read.ts'
import type { Lake, Part, Table, TableRef, VersionDescription } from '../types.ts'
import { contentHash, readRecord, type VersionRecord } from '../versions/description.ts'
import { numbersAfter } from '../versions/list.ts'
import { inOrder, mapInOrder } from '../work/in-order.ts'
import { type Findings, type Trouble, troubleOf } from './findings.ts'
import type { Payload } from './payload.ts'

/** Parts looked at together. */
const TOGETHER = 8

const COLUMNS: ReadonlySet<string> = new Set(['path', 'bytes', 'sha256', 'etag', 'uri'])

/** The versions of a dataset that can be read; the others, and numbers that are missing, are findings. */
export async function* readableVersions(
  lake: Lake,
  dataset: string,
  findings: Findings,
  signal: AbortSignal | undefined,
): AsyncGenerator<VersionDescription> {
  let last = 0
  const look = async (number: number): Promise<{ number: number; record: VersionRecord | Trouble }> => {
    const object = lake.url + descriptionKey(dataset, number)
    const gone = { object, status: 'missing', message: `${object} is missing` } as const
    const record = await readRecord(lake, dataset, number, { signal }).then(
      (found) => found ?? gone,
      (error: unknown) => troubleOf(object, error, { 'invalid-data': 'corrupt' }),
    )
    return { number, record }
  }
  for await (const { number, record } of inOrder(numbersAfter(lake, dataset, 0, { signal }), look)) {
    // Deleted versions leave something under their number, so there are no gaps.
    for (let missing = last + 1; missing < number; missing++) {
      const object = lake.url + descriptionKey(dataset, missing)
      const message = `${object} is missing, although ${dataset}@${number} comes after it`
      findings.add(dataset, missing, null, { object, status: 'missing', message })
    }
    last = number
    if ('status' in record) findings.add(dataset, number, null, record)
    else if (!record.deleted) yield record.description
  }
}

/** Each list, schema and part is looked at once, whichever versions name it. */
export class TableChecks {
  readonly #seen = new Set<string>()

  constructor(
    readonly lake: Lake,
    readonly findings: Findings,
    readonly full: boolean,
    readonly signal: AbortSignal | undefined,
  ) {}

  /** Checks a version's tables, and gives the payloads of the rows that no version before it had. */
  async *check(version: VersionDescription): AsyncGenerator<Payload> {
    const { dataset, number, tables } = version
    this.findings.versions++
    const object = this.lake.url + descriptionKey(dataset, number)
    const problem = (message: string): void =>
      this.findings.add(dataset, number, null, {
        object,
        status: 'corrupt',
        message: `${object}: ${message}`,
      })
    if (contentHash(tables) !== version.hash) problem('its hash is not that of its tables')
    for (const [name, ref] of Object.entries(tables)) {
      if (this.#isSeen(JSON.stringify([ref.home, ref.list, ref.schema, ref.rows, ref.content]))) continue
      this.findings.tables++
      const table = await this.#open(version, ref)
      if (table === undefined) continue
      if (ref.rows !== rowsOf(table) || ref.content !== tableContent(table))
        problem(`what it says of the table ${name} is not what the table's list says`)
      yield* this.#parts(version, table)
    }
  }

  async #open({ dataset, number }: VersionDescription, ref: TableRef): Promise<Table | undefined> {
    const { lake, signal } = this
    try {
      return await openTable(lake, ref, signal)
    } catch (error) {
      if (!isVarveError(error, 'invalid-data')) throw error
      const found = await Promise.all([
        this.#whole(schemaKey(ref.home, ref.schema), ref.schema),
        this.#whole(listKey(ref.home, ref.list), ref.list),
      ])
      const troubles = found.filter((one) => one !== undefined)
      // Neither is missing or damaged, but one is not what it should be.
      const other = {
        object: lake.url + listKey(ref.home, ref.list),
        status: 'corrupt',
        message: error.message,
      } as const
      for (const trouble of troubles.length > 0 ? troubles : [other])
        this.findings.add(dataset, number, null, trouble)
      return undefined
    }
  }

  async *#parts({ dataset, number }: VersionDescription, table: Table): AsyncGenerator<Payload> {
    const isFiles = table.schema.keyKind === 'path'
    const unseen = async function* (this: TableChecks): AsyncGenerator<Part> {
      for (const part of table.parts) {
        const key = partKey(part.home, part.hash)
        if (!this.#isSeen(key)) this.findings.parts++
        else if (!isFiles) continue
        if (!this.#isSeen(`${isFiles ? 'rows' : 'part'} ${key}`)) yield part
      }
    }
    const looked = mapInOrder(unseen.call(this), TOGETHER, async (part) => ({
      part,
      found: await (isFiles ? this.#rows(table, part) : this.#part(part)),
    }))
    for await (const { part, found } of looked) {
      if (found === undefined) continue
      if ('status' in found) this.findings.add(dataset, number, null, found)
      else yield* this.#payloads(dataset, number, part, found)
    }
  }

  /** The rows are needed, so the part is read, and checked by its hash. */
  async #rows(table: Table, part: Part): Promise<Block | Trouble> {
    const key = partKey(part.home, part.hash)
    try {
      return await loadPart(this.lake, table, part, COLUMNS, this.signal)
    } catch (error) {
      if (!isVarveError(error, 'invalid-data')) throw error
      return (
        (await this.#whole(key, part.hash)) ?? {
          object: this.lake.url + key,
          status: 'corrupt',
          message: error.message,
        }
      )
    }
  }

  async #part({ home, hash, bytes }: Part): Promise<Trouble | undefined> {
    const key = partKey(home, hash)
    if (this.full) return this.#whole(key, hash)
    const object = this.lake.url + key
    const there = await this.lake.store.info(key, { signal: this.signal })
    if (there === undefined) return { object, status: 'missing', message: `${object} is missing` }
    if (there.size === bytes) return undefined
    return { object, status: 'changed', message: `${object} has ${there.size} bytes, expected ${bytes}` }
  }

  /** What is wrong with an object that is named by its hash. */
  async #whole(key: string, hash: string): Promise<Trouble | undefined> {
    const object = this.lake.url + key
    try {
      await getImmutable(this.lake, key, hash, this.signal)
      return undefined
    } catch (error) {
      const trouble = troubleOf(object, error, { 'invalid-data': 'corrupt' })
      const there = await this.lake.store.info(key, { signal: this.signal })
      return there === undefined ? { ...trouble, status: 'missing' } : trouble
    }
  }

  *#payloads(dataset: string, version: number, part: Part, block: Block): Generator<Payload> {
    for (let row = 0; row < block.rows; row++) {
      const values = rowAt(block, row)
      try {
        yield { ...fileEntry(values), dataset, version }
      } catch (error) {
        if (!isVarveError(error, 'invalid-data')) throw error
        const object = this.lake.url + partKey(part.home, part.hash)
        const path = typeof values.path === 'string' ? values.path : null
        this.findings.add(dataset, version, path, { object, status: 'corrupt', message: error.message })
      }
    }
  }

  #isSeen(id: string): boolean {
    if (this.#seen.has(id)) return true
    this.#seen.add(id)
    return false
  }
}
