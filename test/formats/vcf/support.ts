/** VCF rows as objects, and a parser that knows nothing of ours. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Value } from '../../scan/support/corpus.ts'
import { DATA } from '../../sql/runner.ts'

export const FOLDER = join(DATA, 'vcf')
export const present = existsSync(FOLDER)
if (!present && process.env.CI === 'true') throw new Error(`${FOLDER} is missing`)
if (!present) console.warn(`SKIPPED: ${FOLDER} is missing, so no real VCF was read`)

/** The text VCFs of ../shared/data. */
export const FILES = present
  ? readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.vcf(\.gz)?$/.test(name))
      .sort()
  : []

export type Struct = Readonly<Record<string, Value>>

export interface Variant {
  readonly chrom: string
  readonly pos: bigint
  readonly id: string | null
  readonly ref: string
  readonly alt: readonly string[] | null
  readonly qual: number | null
  readonly filter: readonly string[] | null
  readonly info: Struct | string | null
  readonly samples: readonly Struct[]
  readonly end_pos: bigint
  readonly record: bigint
}

const NAMES = ['chrom', 'pos', 'id', 'ref', 'alt', 'qual', 'filter', 'info', 'samples', 'end_pos', 'record']

export function variantsOf(rows: readonly (readonly Value[])[]): Variant[] {
  return rows.map((row) => Object.fromEntries(NAMES.map((name, i) => [name, row[i]])) as unknown as Variant)
}

export function contentOf(path: string): string {
  const bytes = readFileSync(path)
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8')
}

interface Declared {
  readonly type: string
  readonly number: string
}

/** The rows as the specification has them: split by tabs, semicolons, colons and commas. */
export function parseVcf(text: string): Variant[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  const header = lines.filter((line) => line.startsWith('#'))
  const names = header.at(-1)!.split('\t').slice(9)
  const info = declarations(header, 'INFO')
  const format = declarations(header, 'FORMAT')
  const records = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('\t'))
  for (const cells of records) {
    for (const token of cells[7] === '.' ? [] : cells[7]!.split(';')) {
      const [key] = token.split('=')
      const valued = records.some((one) => one[7]!.split(';').some((other) => other.startsWith(`${key}=`)))
      if (key !== '' && !info.has(key!)) info.set(key!, { type: valued ? 'String' : 'Flag', number: '1' })
    }
    for (const key of cells[8]?.split(':') ?? [])
      if (key !== '.' && key !== '' && !format.has(key)) format.set(key, { type: 'String', number: '1' })
  }
  format.set('GT', { type: 'String', number: '1' })
  const hasGenotype =
    records.some((cells) => cells[8]?.split(':').includes('GT')) ||
    header.some((line) => line.includes('##FORMAT=<ID=GT,'))
  if (!hasGenotype) format.delete('GT')
  return records.map((cells, i) => {
    const pairs = new Map<string, string>()
    for (const token of cells[7] === '.' ? [] : cells[7]!.split(';')) {
      const at = token.indexOf('=')
      const key = at < 0 ? token : token.slice(0, at)
      if (!pairs.has(key)) pairs.set(key, at < 0 ? '' : token.slice(at + 1))
    }
    const end = info.get('END') === undefined ? undefined : Number(pairs.get('END'))
    const pos = Number(cells[1])
    const keys = cells[8]?.split(':') ?? []
    return {
      chrom: cells[0]!,
      pos: BigInt(cells[1]!),
      id: orNull(cells[2]!),
      ref: cells[3]!,
      alt: cells[4] === '.' ? null : cells[4]!.split(','),
      qual: cells[5] === '.' ? null : Number(cells[5]),
      filter: cells[6] === '.' ? null : cells[6]!.split(';'),
      info:
        info.size === 0
          ? orNull(cells[7]!)
          : cells[7] === '.' || cells[7] === ''
            ? null
            : Object.fromEntries(
                [...info].map(([key, declared]) => [key, declaredValue(declared, pairs.get(key))]),
              ),
      samples: names.map((name, k) => {
        const values = cells[9 + k]?.split(':') ?? []
        return {
          name,
          ...Object.fromEntries(
            [...format].map(([key, declared]) => [key, declaredValue(declared, values[keys.indexOf(key)])]),
          ),
        }
      }),
      end_pos: BigInt(end !== undefined && end >= pos ? end : pos + cells[3]!.length - 1),
      record: BigInt(i),
    }
  })
}

const orNull = (cell: string): string | null => (cell === '.' ? null : cell)

function declarations(header: readonly string[], kind: string): Map<string, Declared> {
  const found = new Map<string, Declared>()
  for (const line of header) {
    const match = new RegExp(`^##${kind}=<ID=([^,]+),Number=([^,]+),Type=([^,>]+)`).exec(line)
    if (match !== null && !found.has(match[1]!)) found.set(match[1]!, { number: match[2]!, type: match[3]! })
  }
  return found
}

function declaredValue({ type, number }: Declared, text: string | undefined): Value {
  if (type === 'Flag') return text !== undefined
  if (text === undefined || text === '.') return null
  const one = (item: string): Value => {
    if (item === '.') return null
    if (type === 'Integer') return /^[-+]?\d+$/.test(item) ? Number(item) : null
    return type === 'Float' ? Math.fround(Number(item)) : item
  }
  return number === '1' ? one(text) : text.split(',').map(one)
}
