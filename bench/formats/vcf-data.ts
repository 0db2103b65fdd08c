/** A cohort's VCF, the same bytes for the same seed on every machine. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { DataFile } from '../data.ts'
import { randomBits } from '../fastq-data.ts'
import { run } from '../process.ts'

export interface VcfTotals {
  readonly records: number
  /** Decompressed bytes. */
  readonly raw: number
  /** Sum of INFO/DP. */
  readonly depth: number
  /** Heterozygous genotypes of the sample `SAMPLE`. */
  readonly heterozygous: number
  /** Records with POS in `REGION`. */
  readonly inRegion: number
  readonly region: { readonly chrom: string; readonly from: number; readonly to: number }
}

export const SAMPLE = 'S0050'
const SAMPLES = 100
const CHROMS = 20
const CHUNK = 4 << 20

const names = Array.from({ length: SAMPLES }, (_, i) => `S${String(i).padStart(4, '0')}`)

function header(): string {
  return [
    '##fileformat=VCFv4.2',
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##FILTER=<ID=LowQual,Description="Low quality">',
    ...Array.from({ length: CHROMS }, (_, i) => `##contig=<ID=${i + 1},length=100000000>`),
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">',
    '##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles">',
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="dbSNP">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##INFO=<ID=MQ,Number=1,Type=Float,Description="Mapping quality">',
    '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Kind">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth by allele">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">',
    `#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t${names.join('\t')}`,
    '',
  ].join('\n')
}

/** Chunks of a VCF of `records` records; returns its totals. */
export function* vcfChunks(records: number, seed: number): Generator<Buffer, VcfTotals> {
  const random = randomBits(seed)
  const below = (n: number): number => random() % n
  const perChrom = Math.ceil(records / CHROMS)
  const step = Math.max(1, Math.floor(95_000_000 / perChrom))
  // A hundredth of the file, in the middle of a chromosome.
  const share = Math.floor((perChrom * CHROMS) / 100)
  const from = Math.floor(perChrom / 2 - share / 2) * step
  const region = { chrom: '10', from, to: from + share * step }
  let text = header()
  let raw = 0
  let depth = 0
  let heterozygous = 0
  let inRegion = 0
  const genotypes = new Array<string>(SAMPLES)
  for (let i = 0; i < records; i++) {
    const chrom = String(Math.floor(i / perChrom) + 1)
    const pos = (i % perChrom) * step + 1 + below(step)
    const ref = 'ACGT'[below(4)]!
    const alt = 'CGTA'['ACGT'.indexOf(ref)]!
    const rare = below(100)
    let alleles = 0
    let total = 0
    for (let s = 0; s < SAMPLES; s++) {
      const roll = below(100)
      const count = roll >= rare ? 0 : roll * 2 < rare ? 2 : 1
      const dp = 10 + below(40)
      const second = count === 0 ? 0 : count === 1 ? dp >> 1 : dp
      alleles += count
      total += dp
      if (s === 50 && count === 1) heterozygous++
      genotypes[s] =
        `${count === 0 ? '0/0' : count === 1 ? '0/1' : '1/1'}:${dp - second},${second}:${dp}:${20 + below(80)}`
    }
    depth += total
    if (chrom === region.chrom && pos >= region.from && pos <= region.to) inRegion++
    const id = below(3) === 0 ? '.' : `rs${below(100_000_000)}`
    const filter = below(20) === 0 ? 'LowQual' : 'PASS'
    const frequency = (alleles / (2 * SAMPLES)).toPrecision(3)
    const info = `AC=${alleles};AF=${frequency};AN=${2 * SAMPLES};DP=${total};MQ=${40 + below(200) / 10}${id === '.' ? '' : ';DB'}`
    text += `${chrom}\t${pos}\t${id}\t${ref}\t${alt}\t${below(10000) / 10}\t${filter}\t${info}\tGT:AD:DP:GQ\t${genotypes.join('\t')}\n`
    if (text.length > CHUNK) {
      raw += text.length
      yield Buffer.from(text, 'latin1')
      text = ''
    }
  }
  raw += text.length
  yield Buffer.from(text, 'latin1')
  return { records, raw, depth, heterozygous, inRegion, region }
}

/** Bump when the generator changes its bytes. */
const VERSION = 1

/** A cohort's bgzip file with tabix's index beside it, made once. */
export async function ensureCohort(records: number): Promise<DataFile<VcfTotals>> {
  const folder = join(process.cwd(), 'bench', 'data')
  const key = `cohort-${records}.vcf.gz`
  const path = join(folder, key)
  const manifest = `${path}.v${VERSION}.json`
  mkdirSync(folder, { recursive: true })
  if (!existsSync(manifest) || !existsSync(path)) {
    process.stderr.write(`bench: making ${key} (once) …\n`)
    const zip = spawn('bgzip', ['-c'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const out = zip.stdout.pipe(createWriteStream(`${path}.tmp`))
    const chunks = vcfChunks(records, 7)
    let step = chunks.next()
    for (; step.done !== true; step = chunks.next())
      if (!zip.stdin.write(step.value)) await once(zip.stdin, 'drain')
    zip.stdin.end()
    await finished(out)
    renameSync(`${path}.tmp`, path)
    await run('bcftools', ['index', '-f', '-t', path])
    writeFileSync(manifest, JSON.stringify(step.value))
  }
  const totals = JSON.parse(readFileSync(manifest, 'utf8')) as VcfTotals
  return { path, key, bytes: statSync(path).size, totals }
}
