/** One file becomes one row: its bytes go to the lake or stay where they are, its path and head are read. */

import { createHash } from 'node:crypto'
import type { ByteSource } from '../../bytes/types.ts'
import { isVarveError, throwIfAborted, toVarveError, VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import { assetId } from '../files.ts'
import { objectKey } from '../layout.ts'
import { checkPlace } from '../place.ts'
import { storedUri } from '../stores.ts'
import { sameRow } from '../table/block.ts'
import type { Lake, Row } from '../types.ts'
import { formatOf } from './format.ts'
import { HEAD_COLUMNS, hasHead, readHead } from './heads/index.ts'
import { mediaType } from './media.ts'
import type { Pattern } from './pattern.ts'
import type { Planned } from './plan.ts'
import { uploadObject } from './upload.ts'
import type { Candidate } from './walk.ts'

/** Columns that every file gets beside those of all tables of files: of heads, and of where it came from. */
export const INGEST_COLUMNS: readonly Field[] = [
  ...HEAD_COLUMNS,
  { name: 'head_error', type: { kind: 'utf8' } },
  { name: 'origin', type: { kind: 'utf8' } },
  { name: 'derived_from', type: { kind: 'list', item: { kind: 'utf8' } } },
]

export interface IngestOptions {
  /** Register the objects where they are. */
  readonly inPlace?: boolean | undefined
  readonly pattern?: Pattern | undefined
  /** What becomes of a path that has other bytes; default `overwrite`. */
  readonly onConflict?: 'skip' | 'overwrite' | 'fail' | undefined
  /** Whether to read metadata from heads. */
  readonly heads?: boolean | undefined
  readonly tier?: string | undefined
  /** Paths or asset ids that the files were made from. */
  readonly derivedFrom?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Entered {
  readonly outcome: 'added' | 'changed' | 'unchanged' | 'skipped'
  /** Undefined: the row stays as it is. */
  readonly row?: Row | undefined
  /** Bytes sent. */
  readonly transferred: number
  /** The pattern does not match the path. */
  readonly unmatched: boolean
  readonly headUnread: boolean
}

/** What the bytes are, and where. */
interface Placed {
  readonly columns: Row
  /** By which the asset is known: the checksum, or what stands for it. */
  readonly identity: string
  readonly transferred: number
}

/** Enters a file. Throws what is wrong with it alone; what is wrong with the lake has the lake's URL in its details. */
export async function enterFile(lake: Lake, planned: Planned, options: IngestOptions): Promise<Entered> {
  const { candidate, old } = planned
  const { pattern } = options
  const fromPath = pattern?.match(candidate.path)
  const facts = {
    transferred: 0,
    unmatched: pattern !== undefined && fromPath === undefined,
    headUnread: false,
  }
  const given = { ...fromPath, ...givenColumns(options) }
  if (options.inPlace === true) checkPlace(lake, candidate.source)
  const source = openFound(candidate, options.signal)
  try {
    if (old !== undefined && (await isSame(old, candidate, source, options))) {
      const row = { ...old, ...given }
      if (options.inPlace !== true) facts.transferred = await heal(lake, old, source, options)
      return sameRow(row, old) ? { ...facts, outcome: 'unchanged' } : { ...facts, outcome: 'changed', row }
    }
    if (old !== undefined && options.onConflict === 'skip') return { ...facts, outcome: 'skipped' }
    if (old !== undefined && options.onConflict === 'fail') throw taken(candidate.path)
    const placed =
      options.inPlace === true ? register(lake, candidate) : await upload(lake, candidate, source, options)
    const head = await headOf(candidate, source, options)
    const row: Row = {
      path: candidate.path,
      ...placed.columns,
      media_type: mediaType(candidate.path),
      format: formatOf(candidate.path) ?? null,
      asset_id: assetId(candidate.path, placed.identity),
      modified_at: BigInt(Math.round(candidate.modified)) * 1000n,
      ...head,
      ...given,
    }
    const { transferred } = placed
    const headUnread = 'head_error' in head
    return { ...facts, transferred, headUnread, outcome: old === undefined ? 'added' : 'changed', row }
  } finally {
    await source.close?.()
  }
}

/** Opened by the identity that it was found with: a file that changes meanwhile is an error, never half of each. */
function openFound({ store, key, size, identity }: Candidate, signal?: AbortSignal): ByteSource {
  throwIfAborted(signal)
  return store.attach(key, size, identity)
}

function givenColumns({ tier, derivedFrom }: IngestOptions): Row {
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(derivedFrom === undefined || derivedFrom.length === 0 ? {} : { derived_from: derivedFrom }),
  }
}

/** Whether a path's bytes are what they were: by checksum, or in place by identity. */
async function isSame(
  old: Row,
  candidate: Candidate,
  source: ByteSource,
  options: IngestOptions,
): Promise<boolean> {
  if (Number(old.bytes) !== candidate.size) return false
  if (options.inPlace === true) return old.etag === candidate.identity && typeof old.uri === 'string'
  return typeof old.sha256 === 'string' && (await hashOf(source, options.signal)) === old.sha256
}

const HASHED_AT_A_TIME = 4 * 1024 * 1024

async function hashOf(source: ByteSource, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < source.size; at += HASHED_AT_A_TIME)
    hash.update(await source.read(at, Math.min(source.size, at + HASHED_AT_A_TIME), { signal }))
  return hash.digest('hex')
}

function register(lake: Lake, { source, size, identity }: Candidate): Placed {
  const columns = { bytes: BigInt(size), etag: identity, uri: storedUri(lake, source) }
  return { columns, identity: `${size} ${identity}`, transferred: 0 }
}

/** Sends the bytes again where their object has been lost since; the bytes sent. */
async function heal(lake: Lake, old: Row, source: ByteSource, { signal }: IngestOptions): Promise<number> {
  if (typeof old.uri === 'string') return 0
  const there = await lake.store.info(objectKey(old.sha256 as string), { signal })
  if (there?.size === source.size) return 0
  const { bytes } = await uploadObject(lake.store, source, { now: lake.now, signal })
  return bytes
}

async function upload(
  lake: Lake,
  { source: origin }: Candidate,
  source: ByteSource,
  { signal }: IngestOptions,
): Promise<Placed> {
  const { sha256, bytes, transferred } = await uploadObject(lake.store, source, { signal, now: lake.now })
  const columns = { bytes: BigInt(bytes), sha256, origin }
  return { columns, identity: sha256, transferred: transferred ? bytes : 0 }
}

/** What the head says; a head that cannot be read is said, too, and keeps no file out. */
async function headOf(candidate: Candidate, source: ByteSource, options: IngestOptions): Promise<Row> {
  // Remote ones cost a request each, so a name must promise something.
  const isWorth = candidate.source.startsWith('file://') || hasHead(candidate.path)
  if (options.heads === false || !isWorth) return {}
  try {
    const { columns, problem } = await readHead(candidate.path, source, { signal: options.signal })
    return problem === undefined ? columns : { ...columns, head_error: problem }
  } catch (error) {
    if (options.signal?.aborted || isVarveError(error, 'stale')) throw error
    return { head_error: toVarveError(error).message }
  }
}

function taken(path: string): VarveError {
  const message = `${path} is there with other bytes, expected none or the same (--on-conflict fail)`
  return new VarveError('conflict', message, { path, scope: 'lake' })
}
