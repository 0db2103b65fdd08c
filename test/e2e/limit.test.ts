/** A LIMIT stops the scan: what five rows of a large object cost, counted at a real S3 server. */

import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import { pack } from '../scan/support/corpus.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { largeFastq } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { type Trace, tracesOf } from './program.ts'

const MIB = 1 << 20

let minio: Minio
let place: HostedWorkplace
let base: string

/** Rows of 100 bytes that do not compress to nothing. */
function largeVcf(records: number): Buffer {
  const lines = ['##fileformat=VCFv4.3', '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO']
  for (let i = 0; i < records; i++) {
    const noise = Math.imul(i, 2654435761) >>> 0
    lines.push(
      `1\t${i + 1}\trs${noise}\tA\tC\t${noise % 1000}\tPASS\tX=${noise.toString(36)};Y=${noise * 7919}`,
    )
  }
  return Buffer.from(`${lines.join('\n')}\n`)
}

/** Ten row groups. */
function largeParquet(rows: number): Uint8Array {
  const noise = (i: number): number => Math.sin(i) * 1e6
  const columnData = ['id', 'a', 'b', 'c'].map((name, k) => ({
    name,
    data: Array.from({ length: rows }, (_, i) => (k === 0 ? i : noise(i * (k + 1)))),
    type: k === 0 ? ('INT32' as const) : ('DOUBLE' as const),
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: rows / 10, codec: 'UNCOMPRESSED' }))
}

const FILES: Readonly<Record<string, () => Uint8Array>> = {
  'plain.fastq': () => largeFastq(40_000),
  'blocks.vcf.gz': () => pack(largeVcf(240_000), 'bgzf', [60_000]),
  'groups.parquet': () => largeParquet(300_000),
}
const sizes = new Map<string, number>()

beforeAll(async () => {
  minio = await startMinio()
  base = `s3://${minio.bucket()}`
  place = new HostedWorkplace({ ...minio.env, VARVE_TRACE: '1' })
  const store = openStore(base, { env: minio.env })
  for (const [name, make] of Object.entries(FILES)) {
    const bytes = make()
    sizes.set(name, bytes.length)
    await store.put(name, bytes)
  }
  await store.close()
})

afterAll(async () => {
  await minio?.stop()
  place?.remove()
})

/** What a statement asks of an object. */
async function asked(name: string, sql: string): Promise<{ rows: number; gets: Trace[]; bytes: number }> {
  const ended = await place.run(['sql', '-c', sql.replace('?', `'${base}/${name}'`), '--format', 'jsonl'])
  expect(ended).toMatchObject({ code: 0 })
  const gets = tracesOf(ended).filter(({ op, uri }) => op === 'GET' && uri === `${base}/${name}`)
  const bytes = gets.reduce((sum, { bytes }) => sum + bytes, 0)
  return { rows: ended.stdout.trimEnd().split('\n').length, gets, bytes }
}

/** Rows behind the file's first MiB. */
const LATER: Readonly<Record<string, string>> = {
  'plain.fastq': 'record >= 20000',
  'blocks.vcf.gz': 'record >= 120000',
  'groups.parquet': 'id >= 150000',
}

/** Of a Parquet file the footer is asked for, too, and the columns of the first row group, a tenth of it. */
const first = (name: string) =>
  name.endsWith('.parquet') ? { gets: 4, bytes: sizes.get(name)! / 10 + MIB } : { gets: 1, bytes: MIB }

describe.each(Object.keys(FILES))('five rows of %s', (name) => {
  test('without an index: its first MiB, one GET where records stand one behind the other', async () => {
    for (const sql of ['from ? limit 5', 'from ? limit 5 offset 20']) {
      const { rows, gets, bytes } = await asked(name, sql)
      expect(rows).toBe(5)
      expect(gets.length).toBeLessThanOrEqual(first(name).gets)
      expect(bytes).toBeLessThanOrEqual(first(name).bytes)
    }
  })

  test('with an index: no more, and from the middle no more than a few parts there', async () => {
    await place.run(['index', `${base}/${name}`])
    const begin = await asked(name, 'from ? limit 5')
    expect(begin.rows).toBe(5)
    expect(begin.gets.length).toBeLessThanOrEqual(first(name).gets)
    expect(begin.bytes).toBeLessThanOrEqual(first(name).bytes)
    // Each of two threads may have begun a part before the fifth row was there.
    const middle = await asked(name, `from ? where ${LATER[name]} limit 5`)
    expect(middle.rows).toBe(5)
    expect(middle.gets.length).toBeLessThanOrEqual(6)
    expect(middle.bytes).toBeLessThan(sizes.get(name)! / 2)
  })
})
