/** Tables of others are read in every codec of theirs, by the codecs of the format `parquet`. */

import { afterAll, describe, expect, test } from 'vitest'
import { memorySource } from '../../../src/bytes/index.ts'
import { openForeign } from '../../../src/lake/exchange/foreign-parquet.ts'
import { hasArrow, makeFiles } from '../../formats/parquet/support.ts'

const made = makeFiles()
afterAll(() => made.remove())

async function rowsOf(name: string): Promise<unknown[]> {
  const file = await openForeign(() => memorySource(name, made.bytes(name)))
  const rows: unknown[] = []
  for await (const row of file.read(undefined)) rows.push(row)
  return rows
}

describe.skipIf(!hasArrow)('foreign Parquet', () => {
  // Pages of the first version: hyparquet 1.31.5 stumbles over flags in those of the second.
  test.each([
    ['nested-snappy', 'nested-plain'],
    ['nested-brotli', 'nested-plain'],
    ['nested-zstd', 'nested-plain'],
    ['flat-gzip', 'flat-none'],
    ['flat-lz4', 'flat-none'],
  ])(
    '%s as %s',
    async (packed, like) => {
      const plain = await rowsOf(`${like}.parquet`)
      expect(plain.length).toBe(3000)
      expect(await rowsOf(`${packed}.parquet`)).toEqual(plain)
    },
    30_000,
  )
})
