/** bcftools as the writer of BCF, and the VCF that it makes of it again. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { has } from '../../reference.ts'
import { contentOf, FOLDER, present } from '../vcf/support.ts'

export const hasBcftools = has('bcftools')

/** What bcftools takes of the VCF files of ../shared/data: the others have no ##fileformat line, or a broken header. */
const REFUSED = [
  'breakends.vcf',
  'vcf4.3_spec_bnd.vcf',
  'weird_info_and_missing_format.vcf',
  'CNVtest.vcf.gz',
]

/** Files of ../shared/data: VCF that bcftools takes, and BCF. */
export const FILES = present
  ? readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(vcf|vcf\.gz|bcf)$/.test(name) && !REFUSED.some((one) => name.endsWith(one)))
      .sort()
  : []

export function bcftools(args: readonly string[], input?: string | Uint8Array): Buffer {
  return execFileSync('bcftools', [...args], { input, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'] })
}

/** BCF in bgzf, as bcftools writes it. */
export const toBcf = (input: string | Uint8Array): Buffer =>
  bcftools(['view', '--no-version', '-Ob', '-'], input)

/** BCF without compression. */
export const toPlainBcf = (input: string | Uint8Array): Buffer =>
  bcftools(['view', '--no-version', '-Ou', '-'], input)

/** The VCF that bcftools makes of it. */
export const toVcf = (input: string | Uint8Array): Buffer =>
  bcftools(['view', '--no-version', '-Ov', '-'], input)

/** The text of a VCF file with header lines for what it uses undeclared: BCF has numbers for declared names only. */
export function declaredText(path: string): string {
  const lines = contentOf(path)
    .split(/\r?\n/)
    .filter((line) => line !== '')
  const header = lines.filter((line) => line.startsWith('#'))
  const more = new Set<string>()
  const declare = (kind: string, id: string | undefined, rest: string): void => {
    const isThere = header.some(
      (line) => line.startsWith(`##${kind}=<ID=${id},`) || line === `##${kind}=<ID=${id}>`,
    )
    if (id !== undefined && id !== '' && id !== '.' && !isThere) more.add(`##${kind}=<ID=${id}${rest}>`)
  }
  const text = ',Number=1,Type=String,Description=""'
  for (const line of lines.slice(header.length)) {
    const cells = line.split('\t')
    declare('contig', cells[0], '')
    for (const name of cells[6]!.split(';')) if (name !== 'PASS') declare('FILTER', name, ',Description=""')
    for (const pair of cells[7]!.split(';')) declare('INFO', pair.split('=')[0], text)
    for (const key of cells[8]?.split(':') ?? []) declare('FORMAT', key, text)
  }
  return [...header.slice(0, -1), ...more, header.at(-1), ...lines.slice(header.length), ''].join('\n')
}

/** A file of `FILES` as BCF. */
export function bcfOf(name: string): Buffer {
  return name.endsWith('.bcf') ? readFileSync(pathOf(name)) : toBcf(declaredText(pathOf(name)))
}

export const pathOf = (name: string): string => join(FOLDER, name)
