/** Indexing a genome in S3, and one of its sequences by id, against samtools faidx on a local copy. */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { run } from '../process.ts'
import { absent, compare, figure, interleave, type Limit } from '../timing.ts'
import { fetchedBytes } from '../trace.ts'
import { type Contender, expectEqual, type Measure } from '../types.ts'
import { info } from '../varve.ts'
import { ensureGenome } from './fasta-data.ts'

const INDEX = 'index of a genome'
const CONTIG = 'one sequence by id'
const INDEX_LIMIT: Limit = { kind: 'time', value: 0.8 }
/** What is fetched beside the sequence: the rest of its first and last segment. */
const BESIDE = 64 * 1024
const REQUESTS = 3
const MAX_SHARE = 0.01

export const fastaIndex: Measure = {
  name: 'fasta',
  target: `index of 1 GB ≤ 0.8 × samtools faidx; one sequence by id: ≤ ${REQUESTS} requests, ≤ its bytes + 64 KiB`,
  async run(context) {
    if (spawnSync('samtools', ['--version']).status !== 0)
      return [absent(INDEX, 'samtools faidx', INDEX_LIMIT, 'samtools is not installed')]
    const residues = context.quick ? 20_000_000 : 1_000_000_000
    const genome = await ensureGenome(residues)
    const uri = await context.inS3(genome)
    const lake = await context.newLake()
    const session = await context.warm(lake)
    const fai = join(context.scratch(), 'genome.fai')
    const ours: Contender = {
      name: 'varve',
      async run() {
        const { seconds } = await context.varve(['index', uri, '--force', '--jobs', '2'], lake)
        return { process: seconds, inside: await session.call({ do: 'index', uri }) }
      },
    }
    const theirs: Contender = {
      name: 'samtools faidx',
      async run() {
        return { process: (await run('samtools', ['faidx', '--fai-idx', fai, genome.path])).seconds }
      },
    }
    const [varve, samtools] = await interleave([ours, theirs], context.runs)
    const { index_bytes: bytes, rows } = await info(context, uri, lake)
    expectEqual('varve', 'the number of sequences', rows, genome.totals.sequences)
    const share = (bytes ?? Number.NaN) / genome.bytes
    const made = [
      compare(INDEX, varve!, samtools!, INDEX_LIMIT, { raw: genome.bytes }),
      figure('index size', 'the file', '≤ 1 %', `${(share * 100).toFixed(3)} %`, share <= MAX_SHARE),
    ]
    for (const id of ['contig_7', 'scaffold_50', 'chr2']) {
      const text = (await run('samtools', ['faidx', '--fai-idx', fai, genome.path, id])).stdout
      const length = text.slice(text.indexOf('\n')).replaceAll('\n', '').length
      const sql = `select length, length(sequence) from read_fasta('${uri}') where id = '${id}'`
      session.requests()
      await session.call({ do: 'sql', sql })
      const requests = session.requests().filter((request) => request.uri === uri)
      const fetched = fetchedBytes(requests, uri)
      const met = requests.length <= REQUESTS && fetched <= text.length + BESIDE
      const said = `${requests.length} requests, ${fetched} bytes`
      made.push(
        figure(CONTIG, `${id}: ${length} residues`, `≤ ${REQUESTS}, ≤ ${text.length + BESIDE}`, said, met),
      )
    }
    return made
  },
}
