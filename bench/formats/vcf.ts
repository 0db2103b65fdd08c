/** A cohort's VCF in S3 against bcftools on a local copy: counting, an INFO field, one sample, a region. */

import { spawnSync } from 'node:child_process'
import type { Context } from '../context.ts'
import type { PeerName } from '../peers.ts'
import { shell } from '../process.ts'
import { absent, compare, figure, interleave, type Limit } from '../timing.ts'
import { fetchedBytes } from '../trace.ts'
import { type Contender, expectEqual, type Measure, type Row } from '../types.ts'
import { expectRow, indexedLake } from '../varve.ts'
import { ensureCohort, SAMPLE } from './vcf-data.ts'

/** oxbow, ahead of which varve shall be, and polars-bio beside it, where they are installed. */
function pythonPeers(
  { peers }: Context,
  path: string,
  question: 'count' | 'sum',
  { records, depth }: { readonly records: number; readonly depth: number },
): { readonly contender: Contender; readonly limit: Limit | undefined }[] {
  const expected = { rows: records, ...(question === 'sum' && { check: depth }) }
  return PYTHON_PEERS.filter(({ name }) => peers.versions.has(name)).map(({ name, script, limit }) => ({
    contender: peers.python(name, script, [path, question], expected),
    limit,
  }))
}

const PYTHON_PEERS: readonly {
  readonly name: PeerName
  readonly script: string
  readonly limit: Limit | undefined
}[] = [
  { name: 'oxbow', script: 'oxbow_vcf.py', limit: { kind: 'speed', value: 1 } },
  { name: 'polars-bio', script: 'polars_bio_vcf.py', limit: undefined },
]

/** One statement and the peer's command for the same answer. */
interface Question {
  readonly name: string
  readonly peer: string
  /** A shell command; `$1` is the file. */
  readonly command: string
  readonly sql: string
  readonly answer: string
  readonly limit: Limit
  /** What the scripts of the Python peers call it. */
  readonly script?: 'count' | 'sum'
  /** Bytes of the object that may be fetched. */
  readonly most?: number
}

/** 352 MB decompressed, 79 MB as bgzip leaves them. */
const RECORDS = 220_000

export const variants: Measure = {
  name: 'vcf',
  target:
    'count(*), sum of an INFO field ≥ 1 × bcftools query; one genotype of 100 ≥ 2 ×; region of 1 % ≤ 1.5 ×, bytes ≤ 3 ×',
  async run(context) {
    if (spawnSync('bcftools', ['--version']).status !== 0)
      return [absent('vcf', 'bcftools', { kind: 'speed', value: 1 }, 'bcftools is not installed')]
    const cohort = await ensureCohort(context.quick ? 10_000 : RECORDS)
    const { totals } = cohort
    const uri = await context.inS3(cohort)
    const lake = await indexedLake(context, uri)
    const session = await context.warm(lake)
    const { chrom, from, to } = totals.region
    const questions: readonly Question[] = [
      {
        name: 'vcf.gz, count(*)',
        peer: 'bcftools query | wc -l',
        command: `bcftools query -f '\\n' "$1" | wc -l`,
        sql: `select count(*) from read_vcf('${uri}')`,
        answer: String(totals.records),
        limit: { kind: 'speed', value: 1 },
        script: 'count',
      },
      {
        name: 'vcf.gz, sum(info.DP), 100 samples',
        peer: "bcftools query -f '%INFO/DP' | awk",
        command: `bcftools query -f '%INFO/DP\\n' "$1" | awk '{ sum += $1 } END { printf "%d\\n", sum }'`,
        sql: `select sum(info.DP) from read_vcf('${uri}')`,
        answer: String(totals.depth),
        limit: { kind: 'speed', value: 1 },
        script: 'sum',
      },
      {
        name: 'vcf.gz, one genotype of 100',
        peer: 'bcftools query -s | grep -c',
        command: `bcftools query -s ${SAMPLE} -f '[%GT]\\n' "$1" | grep -c 0/1`,
        sql: `select count(*) from read_vcf('${uri}', samples := ['${SAMPLE}'], format_fields := ['GT']) where samples[1].GT = '0/1'`,
        answer: String(totals.heterozygous),
        limit: { kind: 'speed', value: 2 },
      },
      {
        name: 'vcf.gz, region of 1 %',
        peer: 'bcftools view -H -r | wc -l',
        command: `bcftools view -H -r ${chrom}:${from}-${to} "$1" | wc -l`,
        sql: `select count(*) from read_vcf('${uri}') where chrom = '${chrom}' and pos between ${from} and ${to}`,
        answer: String(totals.inRegion),
        limit: { kind: 'time', value: 1.5 },
        most: (3 * cohort.bytes * totals.inRegion) / totals.records,
      },
    ]
    const rows: Row[] = []
    for (const { name, peer, command, sql, answer, limit, script, most } of questions) {
      const ours: Contender = {
        name: 'varve',
        async run() {
          const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], lake)
          expectRow({ sql, expected: answer, uri, size: cohort.bytes }, ran.stdout)
          session.requests()
          return { process: ran.seconds, inside: await session.call({ do: 'sql', sql }) }
        },
      }
      const theirs: Contender = {
        name: peer,
        async run() {
          const { seconds, stdout } = await shell(command, [cohort.path])
          expectEqual(peer, name, stdout.trim(), answer)
          return { process: seconds }
        },
      }
      const others = script === undefined ? [] : pythonPeers(context, cohort.path, script, totals)
      const timings = await interleave(
        [ours, theirs, ...others.map(({ contender }) => contender)],
        context.runs,
      )
      const [varve, bcftools] = timings
      rows.push(compare(name, varve!, bcftools!, limit, { raw: totals.raw }))
      for (const [i, other] of others.entries())
        rows.push(compare(name, varve!, timings[2 + i]!, other.limit, { raw: totals.raw }))
      if (most === undefined) continue
      const fetched = fetchedBytes(session.requests(), uri)
      const limitText = `≤ ${Math.round(most)} bytes`
      rows.push(
        figure(`${name}, bytes`, 'three times its own', limitText, `${fetched} bytes`, fetched <= most),
      )
    }
    return rows
  },
}
