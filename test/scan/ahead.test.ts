/** A scan that begins before its rows are asked for gives the same rows, and fails and ends as any other. */

import { expect, it } from 'vitest'
import type { ScanStream } from '../../src/scan/types.ts'
import { fastqFile, manyReads, pack } from './support/corpus.ts'
import { Bench, failure, query } from './support/service.ts'

const bench = new Bench()
const service = bench.service()
const { raw } = fastqFile(manyReads(20_000, 31))

async function opened(path: string): Promise<ScanStream> {
  const { id, columns } = await service.bind({ name: 'read_fastq', args: [path], named: {} })
  return service.scan({ bound: id, columns: columns.map((_, i) => i), predicates: [] })
}

async function rest(stream: ScanStream): Promise<number> {
  let rows = 0
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) rows += batch.rows
  return rows
}

/** Some of it has been decoded. */
async function begun(stream: ScanStream): Promise<void> {
  for (let tries = 0; stream.progress.done === 0; tries++) {
    if (tries > 1000) throw new Error('nothing was decoded in 10 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

it.each(['plain', 'bgzf', 'gzip'] as const)(
  '%s: it decodes unasked, and every row comes',
  async (packing) => {
    const path = bench.file(`ahead-${packing}.fastq`, pack(raw, packing, [65_280, 30_000]))
    const stream = await opened(path)
    stream.ahead?.()
    stream.ahead?.()
    await begun(stream)
    expect(await rest(stream)).toBe(20_000)
    expect(await query(service, 'read_fastq', { args: [path] })).toHaveLength(20_000)
  },
)

it('what goes wrong is said when the rows are asked for', async () => {
  const stream = await opened(bench.file('bad.fastq', '@a\nACGT\n+\nIIII\nnot a read\n'))
  stream.ahead?.()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await failure(rest(stream))).toMatchObject({ code: 'invalid-data' })
})

it('closed before it is asked, it ends', async () => {
  const stream = await opened(bench.file('closed.fastq', raw))
  stream.ahead?.()
  stream.close()
  expect(await failure(rest(stream))).toMatchObject({ code: 'aborted' })
})
