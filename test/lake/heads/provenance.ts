/** The table of ../shared/data/PROVENANCE.md: what each sample file contains, by its reference tool. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memorySource } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { DATA } from '../../sql/runner.ts'

export interface Sample {
  readonly path: string
  readonly what: string
  readonly facts: string
}

/** Rows of files below `folder`; none when the data is not here, which is an error under CI. */
export function samples(folder: string): Sample[] {
  const table = join(DATA, 'PROVENANCE.md')
  if (!existsSync(table)) {
    if (process.env.CI) throw new Error(`${table} is not here, and CI must have it`)
    console.warn(`SKIPPED: ${table} is not here`)
    return []
  }
  return readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
    .filter((cells) => cells.length === 9 && cells[1]!.startsWith(`${folder}/`))
    .map((cells) => ({ path: cells[1]!, what: cells[6]!, facts: cells[7]! }))
}

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(DATA, path)))
}

/** The part of a fact that a pattern's first group takes. */
export function fact(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1]
}

export interface CountingSource extends ByteSource {
  readonly reads: [start: number, end: number][]
}

/** Bytes as a source that remembers what was read. */
export function counting(bytes: Uint8Array): CountingSource {
  const source = memorySource('memory://test', bytes)
  const reads: [number, number][] = []
  return {
    ...source,
    reads,
    read(start, end, options) {
      reads.push([start, end])
      return source.read(start, end, options)
    },
  }
}
