/** `varve get`: files of a version as files of the disk. */

import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toVarveError, VarveError } from '../../errors.ts'
import { fileError } from '../../store/file/errors.ts'
import { temporaryName } from '../../store/file/paths.ts'
import type { Lake, Row, VersionDescription } from '../types.ts'
import { inParallel } from '../work/in-parallel.ts'
import { Folder, hashOfFile, standingAt } from './folder.ts'
import { MANIFEST, type ManifestFile, type Question, readManifest, writeManifest } from './manifest.ts'
import { bytesOf, type FileEntry, fileEntry, openObject } from './object.ts'

export interface GetFilesOptions {
  /** What the rows answer, for the manifest. */
  readonly question?: Question | undefined
  /** Files and ranges on their way at a time; default 16. */
  readonly transfers?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told after each file. */
  readonly onProgress?: ((progress: GetProgress) => void) | undefined
}

export interface GetProgress {
  readonly path: string
  /** Files and bytes that are there by now. */
  readonly files: number
  readonly bytes: number
}

/** A file that was left out, and why. */
export interface FailedPath {
  readonly path: string
  readonly error: VarveError
}

export interface GetReport {
  readonly dataset: string
  readonly version: number
  /** Files that are there, and their bytes. */
  readonly files: number
  readonly bytes: number
  /** Written now; the rest was there already, with the right checksum, or the right size and time without one. */
  readonly written: number
  readonly failed: readonly FailedPath[]
  /** The manifest's path. */
  readonly manifest: string
}

const TRANSFERS = 16

/**
 * Writes the files that these rows of `files` name under a folder, each under its logical path and whole or not at
 * all, and then the manifest, which lists those that are there.
 *
 * A file that is there already stays. One with other bytes is replaced only if an earlier `get` wrote those, as the
 * manifest knows; everything else of the user's is a failure `conflict`. What is wrong with one file is listed; a
 * full disk or a store that cannot be reached ends it, with what was done kept: the next call goes on from there.
 *
 * @param rows with path, bytes, sha256, etag, uri and modified_at; a path that comes again is skipped
 */
export async function getFiles(
  lake: Lake,
  version: VersionDescription,
  rows: AsyncIterable<Row>,
  folder: string,
  options: GetFilesOptions = {},
): Promise<GetReport> {
  const { question = {}, transfers = TRANSFERS, signal, onProgress } = options
  const target = await Folder.open(folder)
  const run: Run = { lake, target, before: await readManifest(target.path), transfers, active: 0 }
  const there = new Map<string, ManifestFile | undefined>()
  const failed: FailedPath[] = []
  let written = 0
  let files = 0
  let bytes = 0
  await inParallel(rows, transfers, signal, async (row, stop) => {
    const path = String(row.path)
    if (there.has(path)) return
    there.set(path, undefined)
    run.active++
    try {
      const outcome = await getFile(run, row, stop)
      there.set(path, outcome.file)
      if (outcome.written) written++
      files++
      bytes += outcome.file.bytes
      onProgress?.({ path, files, bytes })
    } catch (thrown) {
      const error = toVarveError(thrown)
      if (ENDS.has(error.code)) throw error
      failed.push({ path, error })
    } finally {
      run.active--
    }
  })
  const kept = [...there.values()].filter((file) => file !== undefined)
  const manifest = await writeManifest(target.path, version, question, kept, signal)
  failed.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { dataset: version.dataset, version: version.number, files, bytes, written, failed, manifest }
}

/** Failures that the next file would have, too: no space, no connection, a disk mounted read-only, Ctrl-C. */
const ENDS: ReadonlySet<string> = new Set(['aborted', 'unavailable', 'read-only', 'internal'])

interface Run {
  readonly lake: Lake
  readonly target: Folder
  readonly before: ReadonlyMap<string, ManifestFile>
  readonly transfers: number
  /** Files being looked at or written. */
  active: number
}

interface Outcome {
  readonly file: ManifestFile
  readonly written: boolean
}

async function getFile(run: Run, row: Row, signal: AbortSignal): Promise<Outcome> {
  // First of all the path: nothing of a hostile one is looked at.
  const place = await run.target.placeFor(String(row.path))
  if (place.toLowerCase() === join(run.target.path, MANIFEST).toLowerCase()) {
    const message = `${String(row.path)} has the name of the manifest that is written beside the files`
    throw new VarveError('conflict', message, { path: row.path })
  }
  const entry = fileEntry(row)
  const outcome = (sha256: string, written: boolean): Outcome => ({
    file: { path: entry.path, bytes: entry.bytes, sha256, etag: entry.etag ?? null },
    written,
  })
  const standing = await standingAt(place)
  const maySame =
    standing?.size === entry.bytes && (entry.sha256 !== undefined || standing.modified === entry.modified)
  const found = maySame ? await hashOfFile(place, signal) : undefined
  if (found !== undefined && (entry.sha256 === undefined || found === entry.sha256))
    return outcome(found, false)
  // Without a checksum only the bytes tell whether they are other ones; else that is known before they are fetched.
  if (standing !== undefined && entry.sha256 !== undefined)
    await requireOurs(run, entry, place, found, signal)
  const temporary = join(dirname(place), temporaryName())
  try {
    const sha256 = await fetchTo(run, entry, temporary, signal)
    if (standing !== undefined && entry.sha256 === undefined) {
      const now = await hashOfFile(place, signal)
      if (now === sha256) return outcome(sha256, false)
      await requireOurs(run, entry, place, now, signal)
    }
    await rename(temporary, place)
    return outcome(sha256, true)
  } catch (error) {
    throw fileError(error, place)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Throws `conflict` unless the bytes under a name are those that the manifest says were written there. */
async function requireOurs(
  { before }: Run,
  { path }: FileEntry,
  place: string,
  found: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const known = before.get(path)
  if (known !== undefined && known.sha256 === (found ?? (await hashOfFile(place, signal)))) return
  const message = `${place} is there with other bytes, and they are not varve's to replace; move it away`
  throw new VarveError('conflict', message, { path, uri: place })
}

/** Writes a file's bytes to a new file, durably, and gives their SHA-256; `invalid-data` when it is not the one expected. */
async function fetchTo(run: Run, entry: FileEntry, temporary: string, signal: AbortSignal): Promise<string> {
  const source = await openObject(run.lake, entry, signal)
  let file: FileHandle | undefined
  try {
    file = await open(temporary, 'wx')
    const hash = createHash('sha256')
    // The transfers are shared: many small files take one each, a large one that is left takes them all.
    const ahead = (): number => Math.floor(run.transfers / run.active)
    for await (const bytes of bytesOf(source, ahead, signal)) {
      hash.update(bytes)
      await writeAll(file, bytes)
    }
    const sha256 = hash.digest('hex')
    if (entry.sha256 !== undefined && sha256 !== entry.sha256) {
      const message = `${entry.path}: ${source.uri} is damaged: its SHA-256 is ${sha256}, expected ${entry.sha256}`
      throw new VarveError('invalid-data', message, { path: entry.path, uri: source.uri })
    }
    if (entry.modified !== undefined) await file.utimes(entry.modified / 1000, entry.modified / 1000)
    await file.sync()
    return sha256
  } finally {
    await file?.close()
    await source.close?.()
  }
}

/** A file handle may write less than it is given. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}
