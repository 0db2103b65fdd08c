/** Aligned reads, sorted and indexed by samtools, the same for the same seed on every machine. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFile } from '../data.ts'
import { randomBits } from '../fastq-data.ts'
import { run } from '../process.ts'

export interface BamTotals {
  readonly reads: number
  /** Sum of MAPQ. */
  readonly mapq: number
  /** Reads that overlap `region`, which holds a hundredth of the file. */
  readonly inRegion: number
  readonly region: { readonly rname: string; readonly from: number; readonly to: number }
}

const REFERENCES = 20
const LENGTH = 100
const CHUNK = 4 << 20

/** SAM in chunks; returns its totals. */
function* samChunks(reads: number, seed: number): Generator<Buffer, BamTotals> {
  const random = randomBits(seed)
  const below = (n: number): number => random() % n
  const perReference = Math.ceil(reads / REFERENCES)
  const step = 30
  const share = Math.floor((perReference * REFERENCES) / 100)
  const from = Math.floor(perReference / 2 - share / 2) * step
  const region = { rname: 'chr10', from, to: from + share * step }
  let text = '@HD\tVN:1.6\tSO:coordinate\n'
  for (let i = 1; i <= REFERENCES; i++) text += `@SQ\tSN:chr${i}\tLN:${perReference * step + 1000}\n`
  let mapq = 0
  let inRegion = 0
  for (let i = 0; i < reads; i++) {
    const rname = `chr${Math.floor(i / perReference) + 1}`
    const pos = (i % perReference) * step + 1 + below(step)
    const deleted = below(10) === 0 ? 1 + below(20) : 0
    const cigar = deleted > 0 ? `50M${deleted}D50M` : '100M'
    const quality = below(61)
    mapq += quality
    const end = pos + LENGTH + deleted - 1
    if (rname === region.rname && pos <= region.to && end >= region.from) inRegion++
    let seq = ''
    let qual = ''
    for (let k = 0; k < LENGTH; k++) {
      const bits = random()
      seq += 'ACGT'[bits & 3]
      qual += bits % 7 === 0 ? String.fromCharCode(35 + ((bits >>> 8) % 38)) : 'I'
    }
    text += `read:${i}:${below(1000)}\t99\t${rname}\t${pos}\t${quality}\t${cigar}\t=\t${pos + 200}\t300\t${seq}\t${qual}\tNM:i:${deleted}\tMD:Z:100\tRG:Z:sample\tAS:i:${below(200)}\n`
    if (text.length > CHUNK) {
      yield Buffer.from(text, 'latin1')
      text = ''
    }
  }
  yield Buffer.from(text, 'latin1')
  return { reads, mapq, inRegion, region }
}

/** Bump when the generator changes its bytes. */
const VERSION = 1

/** A BAM file with samtools' index beside it, made once. */
export async function ensureAlignments(reads: number): Promise<DataFile<BamTotals>> {
  const folder = join(process.cwd(), 'bench', 'data')
  const key = `reads-${reads}.bam`
  const path = join(folder, key)
  const manifest = `${path}.v${VERSION}.json`
  mkdirSync(folder, { recursive: true })
  if (!existsSync(manifest) || !existsSync(path)) {
    process.stderr.write(`bench: making ${key} (once) …\n`)
    const zip = spawn('samtools', ['view', '--no-PG', '-b', '-o', `${path}.tmp`, '-'], {
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    const closed = once(zip, 'close')
    const chunks = samChunks(reads, 11)
    let next = chunks.next()
    for (; next.done !== true; next = chunks.next())
      if (!zip.stdin.write(next.value)) await once(zip.stdin, 'drain')
    zip.stdin.end()
    const [status] = await closed
    if (status !== 0) throw new Error(`samtools ended with ${status}`)
    renameSync(`${path}.tmp`, path)
    await run('samtools', ['index', path])
    writeFileSync(manifest, JSON.stringify(next.value))
  }
  const totals = JSON.parse(readFileSync(manifest, 'utf8')) as BamTotals
  return { path, key, bytes: statSync(path).size, totals }
}
