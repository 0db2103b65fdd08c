/** Verifying: what versions name is there, and with `full` it is what it was. */

import type { ObjectInfo } from '../../store/types.ts'
import { type Keyed, sortByKey } from '../ingest/sort.ts'
import { OBJECTS, objectKey } from '../layout.ts'
import { requireLake } from '../open.ts'
import { parseReference } from '../reference.ts'
import type { Lake, VersionDescription } from '../types.ts'
import { datasetExists } from '../versions/list.ts'
import { noSuchVersion } from '../versions/missing.ts'
import { resolveVersion } from '../versions/resolve.ts'
import { mapInOrder } from '../work/in-order.ts'
import { checkRefs, type Known } from './check-refs.ts'
import { readableVersions, TableChecks } from './check-tables.ts'
import { type Damage, Findings, type Trouble } from './findings.ts'
import { datasetFolders } from './named.ts'
import { checkPayload, type Payload, sortKey } from './payload.ts'

export interface VerifyOptions {
  /** Read every byte, and compare checksums. */
  readonly full?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Payloads looked at, of how many. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

export interface VerifyReport {
  readonly versions: number
  /** Tables, parts and payloads that were looked at: each once, however many versions name it. */
  readonly tables: number
  readonly parts: number
  readonly files: number
  /** Bytes of payloads that were read. */
  readonly bytes_read: number
  readonly full: boolean
  /** By dataset, version and path; the version is the first one that names the object. */
  readonly damaged: readonly Damage[]
}

/** Payloads looked at, and read, at a time. */
const LOOKED = 32
const READ = 8

/**
 * Checks a version (`D@v`), a dataset with all its versions, labels and tags (`D`), or the whole lake, to the end
 * whatever is found. Fast: descriptions, lists, schemas and the parts of files by their hash, the parts of other tables
 * and payloads by their size, payloads in other places by their identity, too. Full: everything by its hash; what was
 * registered in place without one is read to its end.
 */
export async function verify(lake: Lake, what?: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { full = false, signal, onProgress } = options
  await requireLake(lake, signal)
  // One that remembers nothing, so that what is missing is missed.
  const fresh: Lake = { ...lake, memo: new Map() }
  const findings = new Findings()
  const checks = new TableChecks(fresh, findings, full, signal)
  const progress = { done: 0, total: 0 }
  const payloads = async function* (): AsyncGenerator<Keyed<Payload>> {
    for await (const version of versionsOf(fresh, what, findings, signal))
      for await (const payload of checks.check(version)) {
        progress.total++
        yield { key: sortKey(payload), value: payload }
      }
  }
  const sorted = sortByKey(payloads(), { encode: JSON.stringify, decode: JSON.parse, signal })
  // All objects of a lake are faster listed than asked for one by one.
  const placed = what === undefined ? withListing(fresh, sorted, signal) : withoutListing(sorted)
  let last: { readonly key: string; readonly trouble: Promise<Trouble | undefined> } | undefined
  const look = async ({ key, value: payload, listed }: Placed): Promise<void> => {
    if (last?.key !== key) {
      findings.files++
      const onBytes = (bytes: number): void => {
        findings.bytesRead += bytes
      }
      last = { key, trouble: checkPayload(fresh, payload, { full, listed, onBytes, signal }) }
    }
    const trouble = await last.trouble
    if (trouble !== undefined) findings.add(payload.dataset, payload.version, payload.path, trouble)
    progress.done++
    onProgress?.({ ...progress })
  }
  for await (const _ of mapInOrder(placed, full ? READ : LOOKED, look));
  const { versions, tables, parts, files, bytesRead } = findings
  return { versions, tables, parts, files, bytes_read: bytesRead, full, damaged: findings.sorted() }
}

/** The versions that are meant; labels and tags are checked where all versions of their dataset are. */
async function* versionsOf(
  lake: Lake,
  what: string | undefined,
  findings: Findings,
  signal: AbortSignal | undefined,
): AsyncGenerator<VersionDescription> {
  if (what?.includes('@') === true) {
    yield await resolveVersion(lake, parseReference(what), { signal })
    return
  }
  const named = what === undefined ? undefined : parseReference(what).dataset
  if (named !== undefined && !(await datasetExists(lake, named, { signal })))
    throw await noSuchVersion(lake, named, { kind: 'latest' }, { signal })
  for await (const dataset of named === undefined ? datasetFolders(lake, signal) : [named]) {
    const known: Known[] = []
    for await (const version of readableVersions(lake, dataset, findings, signal)) {
      known.push({ id: version.id, number: version.number, label: version.label })
      yield version
    }
    await checkRefs(lake, dataset, known, findings, { signal })
  }
}

interface Placed extends Keyed<Payload> {
  readonly listed?: { readonly info: ObjectInfo | undefined } | undefined
}

async function* withoutListing(payloads: AsyncIterable<Keyed<Payload>>): AsyncGenerator<Placed> {
  yield* payloads
}

/** Payloads of the lake's own come in the order of a listing, so one goes along with the other. */
async function* withListing(
  lake: Lake,
  payloads: AsyncIterable<Keyed<Payload>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Placed> {
  const listing = lake.store.list(OBJECTS, { signal })[Symbol.asyncIterator]()
  try {
    let entry: Awaited<ReturnType<typeof listing.next>> | undefined
    for await (const { key, value } of payloads) {
      if (value.uri !== undefined) {
        yield { key, value }
        continue
      }
      const wanted = objectKey(value.sha256!)
      while (entry === undefined || (entry.done !== true && 'key' in entry.value && entry.value.key < wanted))
        entry = await listing.next()
      const found = entry.done !== true && 'key' in entry.value ? entry.value : undefined
      yield { key, value, listed: { info: found?.key === wanted ? found : undefined } }
    }
  } finally {
    await listing.return?.()
  }
}
