/** BAM rows as SAM lines, real files, and samtools as the one to compare with. */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout } from '../../../src/formats/types.ts'
import type { Value } from '../../scan/support/corpus.ts'
import { DATA } from '../../sql/runner.ts'

export const FOLDER = join(DATA, 'bam')
export const present = existsSync(FOLDER)
if (!present && process.env.CI === 'true') throw new Error(`${FOLDER} is missing`)
if (!present) console.warn(`SKIPPED: ${FOLDER} is missing, so no real BAM was read`)

/** The BAM files of ../shared/data. */
export const FILES = present
  ? readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.bam'))
      .sort()
  : []

export const hasSamtools = ((): boolean => {
  try {
    execFileSync('samtools', ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    if (process.env.CI === 'true') throw new Error('samtools is missing', { cause: error })
    console.warn('SKIPPED: samtools is missing, nothing is compared with it')
    return false
  }
})()

export function samtools(args: readonly string[], input?: string | Uint8Array): Buffer {
  return execFileSync('samtools', [...args], { input, maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'pipe'] })
}

/** The lines that `samtools view` prints. */
export function viewed(args: readonly string[], input?: Uint8Array): string[] {
  return samtools(['view', '--no-PG', ...args], input)
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
}

export interface Tag {
  readonly tag: string
  readonly type: string
  readonly value: string
}

/** A row by its columns' names. */
export type Alignment = Readonly<Record<string, Value>>

export function alignmentsOf(layout: Layout, rows: readonly (readonly Value[])[]): Alignment[] {
  return rows.map((row) => Object.fromEntries(layout.columns.map(({ name }, i) => [name, row[i]!])))
}

/** A row as samtools prints it. */
export function samLine(row: Alignment): string {
  const { rname, rnext } = row
  const tags = (row.tags as unknown as Tag[]).map(({ tag, type, value }) => `${tag}:${type}:${value}`)
  return [
    row.qname ?? '*',
    row.flag,
    rname ?? '*',
    row.pos ?? 0,
    row.mapq,
    row.cigar ?? '*',
    // The name stands in place of samtools' "=".
    rnext === null ? '*' : rnext === rname ? '=' : rnext,
    row.pnext ?? 0,
    row.tlen,
    row.seq ?? '*',
    row.qual ?? '*',
    ...tags,
  ].join('\t')
}
