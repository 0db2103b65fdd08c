/** Which pages of a listing are asked for, and when: counted at a server that has three of them. */

import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'

const PAGES = 3
let server: http.Server
let store: ObjectStore
/** Numbers of the pages that were asked for. */
let asked: number[]
/** The page that the server fails at. */
let broken: number | undefined

function pageXml(page: number): string {
  const more = page < PAGES ? `<NextContinuationToken>${page + 1}</NextContinuationToken>` : ''
  const keys = ['a', 'b'].map(
    (name) => `<Contents><Key>${page}${name}</Key><ETag>"e"</ETag><Size>1</Size></Contents>`,
  )
  return `<ListBucketResult><IsTruncated>${page < PAGES}</IsTruncated>${more}${keys.join('')}</ListBucketResult>`
}

beforeEach(async () => {
  asked = []
  broken = undefined
  server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://server')
    const page = Number(url.searchParams.get('continuation-token') ?? 1)
    asked.push(page)
    if (page === broken) response.writeHead(403).end()
    else response.writeHead(200, { 'content-type': 'application/xml' }).end(pageXml(page))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  }
  store = openStore('s3://bucket/', { env, retry: false })
})

afterEach(async () => {
  await store.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** The first keys of the listing, and the pages that were asked for by then and a little later. */
async function take(count: number): Promise<{ keys: string[]; pages: number[] }> {
  const keys: string[] = []
  for await (const entry of store.list('')) {
    if ('key' in entry) keys.push(entry.key)
    await sleep(20)
    if (keys.length === count) break
  }
  await sleep(20)
  return { keys, pages: asked }
}

test.each([
  [1, [1]],
  [2, [1]],
  [3, [1, 2, 3]],
  [99, [1, 2, 3]],
])('whoever takes %i keys has asked for the pages %j', async (count, pages) => {
  const taken = await take(count)
  expect(taken.pages).toEqual(pages)
  expect(taken.keys).toEqual(['1a', '1b', '2a', '2b', '3a', '3b'].slice(0, count))
})

test('a page that fails is told of after the keys before it, or not at all', async () => {
  broken = 3
  expect((await take(4)).keys).toEqual(['1a', '1b', '2a', '2b'])
  await expect(take(5)).rejects.toMatchObject({ code: 'denied' })
})
