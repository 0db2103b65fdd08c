/** Illumina-like reads, the same bytes for the same seed on every machine. */

/** What the reads add up to; what every contender's answer is checked against. */
export interface FastqTotals {
  readonly reads: number
  /** Newlines of the file. */
  readonly lines: number
  /** Decompressed bytes. */
  readonly raw: number
  /** Sum of the lengths of the sequences. */
  readonly bases: number
}

/** Quality bins of the two-colour-before instruments (RTA2): Q2, Q12, Q22, Q27, Q32, Q37, Q41. */
const BINS = Buffer.from('#-7<AFJ', 'latin1')
const READ_LENGTH = 150
const GENOME_BASES = 5_000_000
const RECORD_SPACE = 512
const CHUNK = 4 << 20

/** mulberry32: 32 random bits a call, the whole state in one integer. */
export function randomBits(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

function randomGenome(random: () => number): Buffer {
  const genome = Buffer.alloc(GENOME_BASES)
  for (let at = 0; at < GENOME_BASES; ) {
    for (let bits = random(), left = 16; left > 0 && at < GENOME_BASES; left--, bits >>>= 2) {
      genome[at++] = 'ACGT'.charCodeAt(bits & 3)
    }
  }
  return genome
}

/**
 * Which bin follows which, 256 equally likely choices each. Good bins stay good, bad ones linger: chosen so
 * that gzip -6 shrinks the file about 3.5 times, as it does real runs of this length.
 */
function nextBins(): Uint8Array[] {
  const weights = [
    [150, 60, 30, 16, 0, 0, 0],
    [16, 60, 60, 50, 30, 30, 10],
    [6, 26, 50, 50, 50, 50, 24],
    [4, 14, 28, 50, 70, 60, 30],
    [2, 8, 16, 30, 60, 90, 50],
    [1, 4, 8, 13, 30, 104, 96],
    [1, 1, 4, 6, 12, 46, 186],
  ]
  return weights.map((row) => Uint8Array.from(row.flatMap((weight, bin) => Array<number>(weight).fill(bin))))
}

/** Chunks of a FASTQ file of `reads` reads; returns its totals. */
export function* fastqChunks(reads: number, seed: number): Generator<Buffer, FastqTotals> {
  const random = randomBits(seed)
  const genome = randomGenome(random)
  const next = nextBins()
  let raw = 0
  let bases = 0
  let chunk = Buffer.allocUnsafe(CHUNK)
  let at = 0
  let y = 1000
  let tile = 1101
  for (let read = 0; read < reads; read++) {
    if (at + RECORD_SPACE > CHUNK) {
      yield chunk.subarray(0, at)
      raw += at
      chunk = Buffer.allocUnsafe(CHUNK)
      at = 0
    }
    const bits = random()
    y += bits & 3
    if (y > 48_000) {
      y = 1000
      tile++
    }
    at += chunk.write(
      `@A00741:223:HJ5LTDSXY:1:${tile}:${1000 + ((bits >>> 2) % 31_000)}:${y} 1:N:0:CTGTAGAT+ATCACGTT\n`,
      at,
      'latin1',
    )
    // One read in sixteen was trimmed, so that lengths differ and a wrong sum shows.
    const length = bits >>> 28 === 0 ? READ_LENGTH - ((bits >>> 20) % 75) : READ_LENGTH
    const from = random() % (GENOME_BASES - READ_LENGTH)
    genome.copy(chunk, at, from, from + length)
    if (bits >>> 24 === 255) chunk[at + ((bits >>> 8) % length)] = 78 // N
    at += length
    chunk[at++] = 10
    chunk[at++] = 43 // +
    chunk[at++] = 10
    let bin = 6
    for (let base = 0; base < length; base += 4) {
      let choices = random()
      const end = Math.min(base + 4, length)
      for (let i = base; i < end; i++, choices >>>= 8) {
        bin = (next[bin] as Uint8Array)[choices & 255] as number
        chunk[at++] = BINS[bin] as number
      }
    }
    chunk[at++] = 10
    bases += length
  }
  yield chunk.subarray(0, at)
  return { reads, lines: reads * 4, raw: raw + at, bases }
}
