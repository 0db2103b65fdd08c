/** What is loaded while the engine starts: for statements that read from S3, and never a request. */

import { afterAll, expect, test } from 'vitest'
import { threadMeter } from '../../src/bytes/index.ts'
import { prepareFor } from '../../src/scan/prepare.ts'
import { closeStores, locate } from '../../src/store/index.ts'
import { s3Store } from '../../src/store/s3/store.ts'

afterAll(closeStores)

function threadsFor(...texts: string[]): number {
  let threads = 0
  prepareFor(texts, { warm: () => void threads++ })
  return threads
}

test('one decoding thread starts for statements that read from S3, and none for what DuckDB may read', () => {
  expect(threadsFor()).toBe(0)
  expect(threadsFor('abc', 'main.people', 'reads.fastq.gz', 'file:///data/x.csv', 'https://a.b/x.csv')).toBe(
    0,
  )
  expect(threadsFor('s3://bucket/a.bam', 'b.bam', 's3://bucket/object')).toBe(1)
})

test('no request is made', async () => {
  const before = threadMeter().read()
  threadsFor('s3://bucket/a.bam', 'no-such-file.bam')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(threadMeter().read()).toEqual(before)
})

test('a name that cannot be is no error yet', () => {
  expect(threadsFor('s3://', 's3://b/x', 'nonsense://x')).toBe(0)
  expect(() => locate('s3://b/x')).toThrow('"b" is no bucket name')
})

test('what goes wrong in a store is told by its first request', async () => {
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  const store = s3Store('bucket', { env, retry: false })
  store.prepare?.()
  await expect(store.info('x')).rejects.toMatchObject({ code: 'unavailable' })
  await store.close()
})
