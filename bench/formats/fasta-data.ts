/** A genome of long, middling and short sequences, the same bytes for the same seed on every machine. */

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

export interface FastaTotals {
  readonly sequences: number
  readonly residues: number
}

/** Residues in a line, as genomes are published. */
const WIDTH = 60
const BASES = 4_200_000
const VERSION = 1

/** Of `residues`: two fifths in four chromosomes, two fifths in 100 scaffolds, the rest in contigs of 20,000. */
function* sequences(residues: number): Generator<{ readonly name: string; readonly length: number }> {
  for (let i = 1; i <= 4; i++) yield { name: `chr${i} dna:chromosome`, length: residues / 10 }
  for (let i = 1; i <= 100; i++) yield { name: `scaffold_${i} dna:scaffold`, length: (residues * 0.4) / 100 }
  for (let i = 1; i <= residues / 100_000; i++) yield { name: `contig_${i} len=20000`, length: 20_000 }
}

function* fastaChunks(residues: number, seed: number): Generator<Buffer, FastaTotals> {
  const random = randomBits(seed)
  // Lines once and for all: sequences begin at any of them.
  const lines = Buffer.alloc((BASES / WIDTH) * (WIDTH + 1), '\n')
  for (let at = 0; at < lines.length; at++)
    if (at % (WIDTH + 1) < WIDTH) lines[at] = 'ACGT'.charCodeAt(random() & 3)
  const count = lines.length / (WIDTH + 1)
  const totals = { sequences: 0, residues: 0 }
  for (const { name, length } of sequences(residues)) {
    yield Buffer.from(`>${name}\n`)
    totals.sequences++
    totals.residues += length
    let left = length
    while (left > 0) {
      const line = random() % count
      const some = Math.min(left, (count - line) * WIDTH)
      const whole = Math.floor(some / WIDTH)
      const from = line * (WIDTH + 1)
      if (whole > 0) yield lines.subarray(from, from + whole * (WIDTH + 1))
      left -= whole * WIDTH
      if (left < WIDTH && left > 0) {
        yield Buffer.concat([lines.subarray(0, left), Buffer.from('\n')])
        left = 0
      }
    }
  }
  return totals
}

/** The genome, made once. */
export async function ensureGenome(residues: number): Promise<DataFile<FastaTotals>> {
  const folder = join(process.cwd(), 'bench', 'data')
  const key = `genome-${residues}.fa`
  const path = join(folder, key)
  const manifest = `${path}.v${VERSION}.json`
  mkdirSync(folder, { recursive: true })
  if (!existsSync(manifest) || !existsSync(path)) {
    process.stderr.write(`bench: making ${key} (once) …\n`)
    const chunks = fastaChunks(residues, 30)
    const out = createWriteStream(`${path}.tmp`)
    let step = chunks.next()
    for (; step.done !== true; step = chunks.next()) if (!out.write(step.value)) await once(out, 'drain')
    out.end()
    await finished(out)
    renameSync(`${path}.tmp`, path)
    writeFileSync(manifest, JSON.stringify(step.value))
  }
  const totals = JSON.parse(readFileSync(manifest, 'utf8')) as FastaTotals
  return { path, key, bytes: statSync(path).size, totals }
}
