/** Small JSON documents of a lake: each says what it is and of which version, and is checked when it is read. */

import type * as z from 'zod'
import { toVarveError, VarveError } from '../errors.ts'
import type { ObjectStore, PutOptions, PutResult, StoreOptions } from '../store/index.ts'

/** What documents of one kind look like. */
export interface Kind<T> {
  /** Their `format`. */
  readonly format: string
  /** With its article, for messages: `a varve lake`. */
  readonly noun: string
  /** Everything but `format` and `version`; unknown fields are to be kept. */
  readonly shape: z.ZodType<T>
}

/** A document, and the identity to write over it with. */
export interface Held<T> {
  readonly value: T
  readonly identity: string
}

/** How long an outcome is asked for after the write itself failed. */
const READ_BACK_MS = 10_000

/**
 * The document under a key, or undefined. `invalid-data` when it is none of its kind, `unsupported` when it is of
 * a later version.
 */
export async function readJson<T>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  options: StoreOptions = {},
): Promise<Held<T> | undefined> {
  const found = await store.get(key, options)
  if (found === undefined) return undefined
  return { value: parseJson(store.url + key, found.bytes, kind), identity: found.identity }
}

/** Writes a document whole, under the conditions of a put. */
export function writeJson(
  store: ObjectStore,
  key: string,
  kind: Pick<Kind<unknown>, 'format'>,
  value: object,
  options: PutOptions = {},
): Promise<PutResult> {
  const body = `${JSON.stringify({ format: kind.format, version: 1, ...value }, null, 2)}\n`
  return store.put(key, Buffer.from(body), { contentType: 'application/json', ...options })
}

/** What came of a write that others may have raced: won, or lost to what is held there now (undefined: gone again). */
export type Claim<T> = { readonly won: true } | { readonly won: false; readonly held: Held<T> | undefined }

/**
 * Writes a document under a condition and finds out whether this write won. Whatever leaves that open (a try that
 * was repeated below, a lost answer, a cancelled request) is settled by reading the document back: `isOurs` knows it.
 *
 * A failure that may still have written it, or yet write it, has `outcome: 'unknown'` in its details.
 */
export async function claimJson<T extends object>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  value: object,
  conditions: PutOptions,
  isOurs: (held: T) => boolean,
): Promise<Claim<T>> {
  const { signal } = conditions
  let result: PutResult
  try {
    result = await writeJson(store, key, kind, value, conditions)
  } catch (error) {
    return afterFailure(store, key, kind, conditions, isOurs, error)
  }
  if (result === 'written') return { won: true }
  const held = await readJson(store, key, kind, { signal })
  return held !== undefined && isOurs(held.value) ? { won: true } : { won: false, held }
}

async function afterFailure<T>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  { ifNoneMatch }: PutOptions,
  isOurs: (held: T) => boolean,
  thrown: unknown,
): Promise<Claim<T>> {
  const error = toVarveError(thrown)
  let held: Held<T> | undefined
  try {
    // Without the caller's signal: a cancelled write must be told apart, too.
    held = await readJson(store, key, kind, { signal: AbortSignal.timeout(READ_BACK_MS) })
  } catch {
    // The first failure is the one to report; this one only leaves its outcome open.
    throw unknownOutcome(error, `${error.message}; whether ${store.url}${key} was written is not known`)
  }
  if (held !== undefined && isOurs(held.value)) return { won: true }
  // What is taken stays taken: our write cannot arrive any more.
  if (ifNoneMatch === '*' && held !== undefined) {
    if (error.code === 'unavailable') return { won: false, held }
    throw error
  }
  throw error.details.permanent === true || DEFINITE.has(error.code)
    ? error
    : unknownOutcome(error, error.message)
}

/** Failures that say that nothing was or will be written. */
const DEFINITE: ReadonlySet<string> = new Set(['invalid-input', 'denied', 'read-only', 'unsupported'])

function unknownOutcome(error: VarveError, message: string): VarveError {
  return new VarveError(error.code, message, { ...error.details, outcome: 'unknown' }, error)
}

/** Whether a failed write may still have been made, or yet be made. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof VarveError && error.details.outcome === 'unknown'
}

function parseJson<T>(uri: string, bytes: Uint8Array, kind: Kind<T>): T {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    const message = `${uri} is not JSON: ${(error as Error).message}`
    throw new VarveError('invalid-data', message, { uri }, error)
  }
  const { format, version } = Object(json) as { format?: unknown; version?: unknown }
  if (format !== kind.format || typeof version !== 'number')
    throw new VarveError('invalid-data', `${uri} does not describe ${kind.noun}`, { uri })
  if (version > 1) {
    const message = `${uri} is of version ${version}, expected 1; update varve`
    throw new VarveError('unsupported', message, { uri })
  }
  const parsed = kind.shape.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `
  const message = `${uri} does not describe ${kind.noun}: ${place}${issue?.message ?? 'unknown reason'}`
  throw new VarveError('invalid-data', message, { uri })
}
