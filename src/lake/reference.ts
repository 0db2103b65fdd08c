/** `D@v` and `lake://D@v/path`: how people and queries name a version, and a file in it. */

import { VarveError } from '../errors.ts'
import { checkDatasetName, checkRefName, looksLikeDate } from './names.ts'

export type VersionChoice =
  | { readonly kind: 'latest' }
  | { readonly kind: 'number'; readonly number: number }
  /** The last version committed by `until`: milliseconds since 1970, itself included. `text` is what was written. */
  | { readonly kind: 'time'; readonly until: number; readonly text: string }
  /** A label, else a tag, else what `numberOfName` says. */
  | { readonly kind: 'name'; readonly name: string }

export interface Reference {
  readonly dataset: string
  readonly version: VersionChoice
}

export interface LakeUri {
  readonly reference: Reference
  /** The logical path as written, which may be a pattern; empty: the version itself. */
  readonly path: string
}

const SCHEME = 'lake://'

/**
 * Takes `D` or `D@v` apart; `invalid-input` when it names no version.
 *
 * @example parseReference('reads@2026-11-01') // the version of that day's end, UTC
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@')
  const dataset = checkDatasetName(at < 0 ? text : text.slice(0, at))
  return { dataset, version: at < 0 ? { kind: 'latest' } : parseVersion(text.slice(at + 1), text) }
}

/** Takes `lake://D@v/path` apart. Nothing is percent-decoded: a `%` or `#` in a name is just that. */
export function parseLakeUri(uri: string): LakeUri {
  if (!isLakeUri(uri))
    throw new VarveError('invalid-input', `${JSON.stringify(uri)} is no lake://DATASET@VERSION/PATH`, { uri })
  const rest = uri.slice(SCHEME.length)
  const slash = rest.indexOf('/')
  if (slash < 0) return { reference: parseReference(rest), path: '' }
  return { reference: parseReference(rest.slice(0, slash)), path: rest.slice(slash + 1) }
}

export function isLakeUri(text: string): boolean {
  return text.slice(0, SCHEME.length).toLowerCase() === SCHEME
}

/** 42 for `v42`, which names version 42 where no label or tag is called so; undefined for other names. */
export function numberOfName(name: string): number | undefined {
  const digits = /^v([0-9]+)$/.exec(name)?.[1]
  const number = Number(digits)
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

function parseVersion(version: string, text: string): VersionChoice {
  if (version === 'latest') return { kind: 'latest' }
  if (/^[0-9]+$/.test(version)) {
    const number = Number(version)
    if (Number.isSafeInteger(number) && number > 0) return { kind: 'number', number }
    throw wrong(text, `${version} is no version's number, expected 1 or more`)
  }
  if (looksLikeDate(version)) return { kind: 'time', until: endOf(version, text), text: version }
  // Nothing else can be a label's or tag's name, so this says at once what is wrong with it.
  return { kind: 'name', name: checkRefName('label', version) }
}

// RFC 3339, section 5.6; a space may stand for the T, and a fraction of any length is cut to milliseconds.
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2})))?$/i

/** The last millisecond that is meant by a day (in UTC) or a time. */
function endOf(time: string, text: string): number {
  const match = TIME.exec(time)
  if (match === null)
    throw wrong(text, `${time} is neither a day (2026-11-01) nor a time with its zone (2026-11-01T12:00:00Z)`)
  const [, day = '', hours, minutes, seconds, fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] = match
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day))
    throw wrong(text, `${day} is no day of the calendar`)
  if (hours === undefined) return midnight + 24 * 3600_000 - 1
  const parts = [Number(hours), Number(minutes), Number(seconds), Number(zoneHours), Number(zoneMinutes)]
  const limits = [23, 59, 59, 23, 59]
  if (parts.some((part, i) => part > limits[i]!)) throw wrong(text, `${time} is no time of a day`)
  const [h = 0, m = 0, s = 0, zoneH = 0, zoneM = 0] = parts
  const zone = (sign === '-' ? -1 : 1) * (zoneH * 60 + zoneM) * 60_000
  return midnight + ((h * 60 + m) * 60 + s) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')) - zone
}

function wrong(text: string, problem: string): VarveError {
  return new VarveError('invalid-input', `${text}: ${problem}`, { reference: text })
}
