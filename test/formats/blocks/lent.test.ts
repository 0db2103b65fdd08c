/** Memory that blocks are read into is used again, if their reader says that it holds none of it, and if it is ours. */

import { describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { blockFormat } from '../../../src/formats/blocks/format.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { runOf } from '../../../src/index/runs.ts'
import { numbersFile, numbersFormat } from './numbers.ts'

const BLOCKS = Array.from({ length: 6 }, (_, i) => ({ values: [i, i + 10, i + 20], added: 0 }))
const VALUES = BLOCKS.flatMap(({ values }) => values)
const bytes = numbersFile(BLOCKS)
/** What is read alone is passed on as it is; what is near to something else is copied. */
const alone = numbersFile(BLOCKS.slice(0, 1))

/** Reads into the memory that it is given, as a store does. */
const stored: ByteSource = {
  ...memorySource('memory://lent', bytes),
  async read(start, end, { allocate } = {}) {
    const out = new Uint8Array(allocate?.(end - start) ?? new ArrayBuffer(end - start), 0, end - start)
    out.set(bytes.subarray(start, end))
    return out
  },
}
/** Has them at hand, and shows them. */
const kept: ByteSource = {
  ...memorySource('memory://kept', alone),
  read: async (start, end) => alone.subarray(start, end),
}

async function readAll(source: ByteSource, lends: boolean) {
  const numbers = numbersFormat(true)
  const format = blockFormat({
    ...numbers,
    reader: async (...given) => ({ ...(await numbers.reader(...given)), ...(lends && { lends }) }),
  })
  const head = parseHead(source.uri, await source.read(0, source.size), true)
  const layout = await format.layout({ head, source, beside: async () => undefined, signal: undefined }, {})
  const { segments } = await format.blocks!(source, layout, { signal: undefined })
  const { uri, identity, size } = source
  const index = memoryIndex({ uri, identity, size, layout }, segments)
  const run = runOf(index, { firstRow: 0, rows: index.rows }, (i) => segments[i]!.point.window)!
  const given = new Set<ArrayBuffer>()
  const back: ArrayBuffer[] = []
  const values: number[] = []
  const batches = format.read(source, layout, run, [0], {
    ignoreErrors: false,
    allocate(size) {
      const buffer = new ArrayBuffer(size)
      given.add(buffer)
      return buffer
    },
    recycle(buffer) {
      back.push(buffer)
      new Uint8Array(buffer).fill(0xa5)
    },
  })
  for await (const { columns } of batches) values.push(...(columns[0]!.values as Int32Array))
  return { values, given, back }
}

describe('memory of blocks', () => {
  it('is given back when a block is decoded', async () => {
    const { values, given, back } = await readAll(stored, true)
    expect(values).toEqual(VALUES)
    // One each, and one for all of them together: they are near, and were read with one request.
    expect(back).toHaveLength(BLOCKS.length + 1)
    expect(new Set(back)).toEqual(given)
  })

  it('stays where the reader may hold it', async () => {
    const { values, back } = await readAll(stored, false)
    expect(values).toEqual(VALUES)
    // What the near blocks were read into together is copied apart before they are decoded.
    expect(back).toHaveLength(1)
  })

  it('that came from elsewhere is never written to', async () => {
    const before = Buffer.from(alone)
    const { values, back } = await readAll(kept, true)
    expect(values).toEqual(BLOCKS[0]!.values)
    expect(Buffer.compare(before, alone)).toBe(0)
    expect(back).toEqual([])
  })
})
