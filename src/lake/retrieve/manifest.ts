/**
 * `varve-manifest.json`, beside the files that were taken out: what they are and what they came from. Equal whenever
 * the files are: no times, nothing of the machine.
 */

import { createWriteStream } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'
import { toVarveError, VarveError } from '../../errors.ts'
import { errnoOf, fileError } from '../../store/file/errors.ts'
import { temporaryName } from '../../store/file/paths.ts'
import { compareKeys } from '../../store/keys.ts'
import type { VersionDescription } from '../types.ts'

export const MANIFEST = 'varve-manifest.json'

export interface ManifestFile {
  readonly path: string
  readonly bytes: number
  /** Of the bytes that were written, also where the lake had no checksum. */
  readonly sha256: string
  /** Of the object, where the lake has one. */
  readonly etag: string | null
}

/** Which of the version's files were asked for: `where`, `limit` and so on, as they were given. */
export type Question = Readonly<Record<string, unknown>>

const shape = z.looseObject({
  format: z.literal('varve-manifest'),
  version: z.number(),
  files: z.array(
    z.looseObject({
      path: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      etag: z.string().nullable(),
    }),
  ),
})

/** The files that an earlier `get` wrote, by path; `conflict` when another file has the manifest's name. */
export async function readManifest(folder: string): Promise<ReadonlyMap<string, ManifestFile>> {
  const place = join(folder, MANIFEST)
  let text: string
  try {
    text = await readFile(place, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Map()
    throw fileError(error, place)
  }
  const parsed = shape.safeParse(jsonOf(text))
  if (parsed.success) return new Map(parsed.data.files.map((file) => [file.path, file]))
  throw new VarveError('conflict', `${place} is there and no manifest of varve's; move it away`, {
    uri: place,
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Writes the manifest whole; `dataset_version` is the number, as `version` is the manifest's own. */
export async function writeManifest(
  folder: string,
  version: VersionDescription,
  question: Question,
  files: Iterable<ManifestFile>,
  signal?: AbortSignal,
): Promise<string> {
  const place = join(folder, MANIFEST)
  const temporary = join(dirname(place), temporaryName())
  try {
    const lines = Readable.from(manifestLines(version, question, files), { objectMode: true })
    await pipeline(lines, createWriteStream(temporary, { flags: 'wx', flush: true }), { signal })
    await rename(temporary, place)
  } catch (error) {
    throw (error as Error).name === 'AbortError' ? toVarveError(error) : fileError(error, place)
  } finally {
    await rm(temporary, { force: true })
  }
  return place
}

function* manifestLines(
  { dataset, number, hash }: VersionDescription,
  question: Question,
  files: Iterable<ManifestFile>,
): Generator<string> {
  const asked = Object.entries(question).filter(([, value]) => value !== undefined)
  const head = {
    format: 'varve-manifest',
    version: 1,
    dataset,
    dataset_version: number,
    hash,
    question: Object.fromEntries(asked.sort(([a], [b]) => (a < b ? -1 : 1))),
  }
  yield `${JSON.stringify(head, bigintText, 2).slice(0, -2)},\n  "files": [`
  let separator = '\n    '
  for (const { path, bytes, sha256, etag } of [...files].sort((a, b) => compareKeys(a.path, b.path))) {
    yield separator + JSON.stringify({ path, bytes, sha256, etag })
    separator = ',\n    '
  }
  yield '\n  ]\n}\n'
}

const bigintText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)) : value
