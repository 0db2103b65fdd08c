/** What is kept on this machine because it can be made or fetched again. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import { type BlockCache, openBlockCache, withBlockCache } from '../bytes/index.ts'
import type { ByteSource } from '../bytes/types.ts'
import { VarveError } from '../errors.ts'

/** The folder for it: `VARVE_CACHE`, `$XDG_CACHE_HOME/varve`, `~/.cache/varve` (`~/Library/Caches/varve` on macOS). */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.VARVE_CACHE) return env.VARVE_CACHE
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'varve')
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'varve')
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Bytes of `20G`, `512M`, `1000000`; 0 for nothing; `invalid-input` for anything else. */
export function parseSize(text: string | undefined, setting = 'VARVE_CACHE_SIZE'): number {
  if (text === undefined || text.trim() === '') return 0
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*$/i.exec(text) ?? []
  if (number !== undefined) return Math.floor(Number(number) * UNITS[unit!.toUpperCase()]!)
  throw new VarveError('invalid-input', `${setting} is ${JSON.stringify(text)}, expected bytes, as in 20G`)
}

let opened: BlockCache | undefined

/**
 * The source with its blocks kept on the disk, where `VARVE_CACHE_SIZE` asks for it and they come over a network.
 * Off by default: a scan that reads a file once would only wear the disk.
 */
export function withDiskCache(source: ByteSource, env: NodeJS.ProcessEnv = process.env): ByteSource {
  const maxBytes = parseSize(env.VARVE_CACHE_SIZE)
  if (maxBytes === 0 || !source.uri.startsWith('s3://')) return source
  opened ??= openBlockCache({ folder: join(cacheFolder(env), 'blocks'), maxBytes })
  return withBlockCache(source, opened)
}
