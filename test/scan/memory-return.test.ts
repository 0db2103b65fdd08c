/** The memory of batches is used again, also when they come back from a thread that has copies of them. */

import { beforeAll, describe, expect, it } from 'vitest'
import { batchBuffers, type ColumnBatch } from '../../src/formats/batch.ts'
import { fastqFile, manyReads } from './support/corpus.ts'
import { Bench } from './support/service.ts'

const bench = new Bench()
const service = bench.service(1)
let path = ''

beforeAll(() => {
  path = bench.file('reads.fastq', fastqFile(manyReads(2_000, 5)).raw)
})

/** What the engine's thread sends back: the same memory under another object. */
function passedOn(batch: ColumnBatch): ColumnBatch {
  return structuredClone(batch, { transfer: batchBuffers(batch) })
}

async function firstBatch(): Promise<{ batch: ColumnBatch; release: (batch: ColumnBatch) => void }> {
  const bound = await service.bind({ name: 'read_fastq', args: [path], named: {} })
  const stream = service.scan({ bound: bound.id, columns: [0, 2], predicates: [] })
  const batch = await stream.next()
  if (batch === undefined) throw new Error('the file has no rows')
  return {
    batch,
    release: (given) => {
      stream.release(given)
      stream.close()
      service.unbind(bound.id)
    },
  }
}

describe('a batch that is released', () => {
  it('goes back to the thread that made it, though it was copied on its way', async () => {
    const { batch, release } = await firstBatch()
    const copy = passedOn(batch)
    const buffers = batchBuffers(copy)
    expect(buffers.every(({ byteLength }) => byteLength > 0)).toBe(true)
    release(copy)
    // Moved, and so no longer here.
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual(buffers.map(() => 0))
  })

  it('is given back once, however often that is asked', async () => {
    const { batch, release } = await firstBatch()
    release(batch)
    expect(() => release(batch)).not.toThrow()
  })

  it('of no decoding thread is left alone', async () => {
    const { batch, release } = await firstBatch()
    const { rows, columns } = batch
    release({ rows, columns })
    expect(batchBuffers(batch).every(({ byteLength }) => byteLength > 0)).toBe(true)
  })
})
