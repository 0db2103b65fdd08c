/** Which names may stand in a lake: of datasets, labels and tags, and of files in a version. */

import { VarveError } from '../errors.ts'

const LONGEST_NAME = 128
const LONGEST_PATH = 1024
/** What Linux, macOS and Windows allow a name to have. */
const LONGEST_PART = 255

/**
 * The name, when a dataset may have it; `invalid-input` otherwise. Nothing but ASCII: it is a folder in the bucket
 * and in the mount, a part of URLs, and what people type.
 */
export function checkDatasetName(name: string): string {
  const problem =
    tooLong(name) ??
    (name === ''
      ? 'is empty'
      : /^[.-]/.test(name)
        ? `begins with "${name[0]}"`
        : /[^A-Za-z0-9._-]/.test(name)
          ? 'has other characters than letters, digits, ".", "_" and "-"'
          : undefined)
  if (problem !== undefined) throw refused('dataset', name, problem)
  return name
}

/** The name, when a table may have it: the rule of datasets, since a table is a folder in the mount. */
export function checkTableName(name: string): string {
  // Tables are kept by name in objects, of which JSON's readers drop this one.
  if (name === '__proto__') throw refused('table', name, 'is kept by JavaScript for itself')
  if (name !== '' && !tooLong(name) && !/^[.-]|[^A-Za-z0-9._-]/.test(name)) return name
  throw refused('table', name, 'is no name of letters, digits, ".", "_" and "-"')
}

/**
 * The name in NFC, when a label or tag may have it; `invalid-input` otherwise. What a reference reads as a number
 * or a time is refused, since `D@name` would never find it.
 */
export function checkRefName(kind: 'label' | 'tag', name: string): string {
  const problem =
    tooLong(name) ??
    (name === ''
      ? 'is empty'
      : /^[0-9]+$/.test(name)
        ? "is a version's number"
        : name === 'latest'
          ? 'always means the newest version'
          : looksLikeDate(name)
            ? 'looks like a date'
            : name === '.' || name === '..'
              ? 'is no name of a file'
              : /[/\\@]/.test(name)
                ? 'has a "/", "\\" or "@" in it'
                : /^\s|\s$/.test(name)
                  ? 'begins or ends with white space'
                  : unprintable(name))
  if (problem !== undefined) throw refused(kind, name, problem)
  return name.normalize('NFC')
}

/** Whether a word in a reference is meant as a day or time: it begins as one. */
export function looksLikeDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(text)
}

/** Undefined when the path may stand in a manifest, else what is wrong with it, in one phrase: `has ".." in it`. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (path.startsWith('/')) return 'begins with "/"'
  if (path.endsWith('/')) return 'ends with "/"'
  if (path.includes('\\')) return 'has "\\" in it'
  const hidden = unprintable(path)
  if (hidden !== undefined) return hidden
  const parts = path.split('/')
  for (const part of parts) {
    if (part === '') return 'has "//" in it'
    if (part === '.' || part === '..') return `has "${part}" in it`
    if (longerThan(part, LONGEST_PART)) return `has a part longer than ${LONGEST_PART} bytes`
  }
  return longerThan(path, LONGEST_PATH) ? `is longer than ${LONGEST_PATH} bytes` : undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the law of ASCII
const ASCII = /^[\x00-\x7f]*$/

/**
 * Two paths with the same fold cannot stand in one version: they are the same file on a disk that ignores case or
 * normalises Unicode.
 *
 * It is Unicode's canonical caseless form (https://www.unicode.org/versions/latest/core-spec/chapter-3, D145), in NFC.
 * JavaScript has no case folding; lower(upper(lower(c))) of each character alone is the same but for `ı`, which it
 * makes `i`, as a Turkish disk would: the first `lower` is for `ẞ`, whose capital is itself. Each character alone,
 * since lower case of `Σ` depends on its neighbours. "/" neither composes nor folds, so that
 * fold(a + '/' + b) = fold(a) + '/' + fold(b). Unicode never changes the form of a character once it is assigned, so
 * folds may be kept on disk.
 */
export function foldPath(path: string): string {
  if (ASCII.test(path)) return path.toLowerCase()
  let folded = ''
  for (const character of path.normalize('NFD')) folded += foldCharacter(character)
  return folded.normalize('NFC')
}

function foldCharacter(character: string): string {
  return eachLower(eachLower(character).toUpperCase())
}

function eachLower(text: string): string {
  let lower = ''
  for (const character of text) lower += character.toLowerCase()
  return lower
}

function unprintable(text: string): string | undefined {
  if (text.includes('\0')) return 'has a NUL in it'
  if (/\p{Cc}/u.test(text)) return 'has a control character in it'
  // With the flag `u`, pairs are one character, and what is left of \p{Cs} stands alone.
  return /\p{Cs}/u.test(text) ? 'is not Unicode: it has half a surrogate pair in it' : undefined
}

function tooLong(name: string): string | undefined {
  return longerThan(name, LONGEST_NAME) ? `is longer than ${LONGEST_NAME} bytes` : undefined
}

/** Of UTF-8, which has one to three bytes for each of JavaScript's characters. */
function longerThan(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes)
}

function refused(kind: string, name: string, problem: string): VarveError {
  const shown = JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name)
  return new VarveError('invalid-input', `the ${kind} name ${shown} ${problem}`, { kind, name })
}
