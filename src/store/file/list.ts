import type { BigIntStats, Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { throwIfAborted } from '../../errors.ts'
import { compareKeys } from '../keys.ts'
import type { ListEntry, ListOptions, ObjectInfo } from '../types.ts'
import { errnoOf, fileError, isMissing } from './errors.ts'
import { fileIdentity, isOwnName } from './paths.ts'

interface Entry {
  readonly key: string
  readonly facts: BigIntStats
}

/** How many files of a folder are looked at together. */
const TOGETHER = 64

/** The files under `root` (ending in `/`) whose keys begin with `prefix`, in byte order; folders are no entries. */
export async function* listFiles(
  root: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (folder.split('/').some((part) => part === '..' || part === '.') || folder.includes('//')) return
  yield* walk(root, folder, prefix, options, [])
}

async function* walk(
  root: string,
  folder: string,
  prefix: string,
  options: ListOptions,
  above: readonly string[],
): AsyncGenerator<ListEntry> {
  const { after, delimiter, signal } = options
  const places = (await entriesIn(root, folder))
    .filter(({ name }) => (folder + name).startsWith(prefix) && !isOwnName(name))
    .flatMap((entry) => placesOf(folder, entry))
    .sort(compareKeys)
  for (let from = 0; from < places.length; from += TOGETHER) {
    throwIfAborted(signal)
    const wanted = places
      .slice(from, from + TOGETHER)
      .filter((key) => after === undefined || mayFollow(key, after))
    for (const { key, facts } of await Promise.all(wanted.map((key) => look(root, key)))) {
      if (facts === undefined) continue
      if (!key.endsWith('/')) {
        yield fileInfo({ key, facts })
        continue
      }
      const id = `${facts.dev}:${facts.ino}`
      if (above.includes(id)) continue
      const inside = walk(root, key, prefix, { after, signal }, [...above, id])
      if (delimiter === undefined) yield* inside
      else if (await isAny(inside)) yield { prefix: key }
    }
  }
}

/** The facts of a key that is what its last character says: a folder with a slash, a regular file without. */
async function look(root: string, key: string): Promise<{ key: string; facts: BigIntStats | undefined }> {
  try {
    const facts = await stat(root + key, { bigint: true })
    const fits = key.endsWith('/') ? facts.isDirectory() : facts.isFile()
    return { key, facts: fits ? facts : undefined }
  } catch (error) {
    // It went away since the folder was read, or is a link that leads nowhere.
    if (isMissing(error) || errnoOf(error) === 'ELOOP') return { key, facts: undefined }
    throw fileError(error, `file://${root}${key}`)
  }
}

/** Folders sort by their name with the slash, as their keys do; a link may be either, so `look` drops one of both. */
function placesOf(folder: string, entry: Dirent): string[] {
  const key = folder + entry.name
  if (entry.isFile()) return [key]
  if (entry.isDirectory()) return [`${key}/`]
  return [key, `${key}/`]
}

async function entriesIn(root: string, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(root + folder, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw fileError(error, `file://${root}${folder}`)
  }
}

/** Whether `key`, or anything under it when it is a folder, comes after `after`. */
function mayFollow(key: string, after: string): boolean {
  return compareKeys(key, after) > 0 || (key.endsWith('/') && after.startsWith(key))
}

async function isAny(entries: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of entries) return true
  return false
}

export function fileInfo({ key, facts }: Entry): ObjectInfo {
  return {
    key,
    size: Number(facts.size),
    identity: fileIdentity(facts),
    modified: Math.floor(Number(facts.mtimeNs) / 1e6),
  }
}
