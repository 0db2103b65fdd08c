import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import {
  type ByteSource,
  createMeter,
  memorySource,
  openBlockCache,
  withBlockCache,
  withCoalescing,
  withHead,
  withMeter,
  withRetry,
} from '../../src/bytes/index.ts'
import { bytesContract } from '../contract/bytes.ts'
import { wrapperContract } from '../contract/faults.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-cache-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let caches = 0
const freshCache = (blockBytes: number): ReturnType<typeof openBlockCache> =>
  openBlockCache({ folder: join(folder, String(++caches)), maxBytes: 10_000_000, blockBytes })

const wrappers: Record<string, (source: ByteSource) => ByteSource> = {
  withRetry: (source) => withRetry(source, { baseMs: 1 }),
  withCoalescing: (source) => withCoalescing(source),
  'withCoalescing, no gap': (source) => withCoalescing(source, { gap: 0, maxBytes: 5000 }),
  'withBlockCache, 64 KiB': (source) => withBlockCache(source, freshCache(65_536)),
  'withBlockCache, odd blocks': (source) => withBlockCache(source, freshCache(9_973)),
  withMeter: (source) => withMeter(source, createMeter()),
  'all of them': (source) =>
    withBlockCache(
      withCoalescing(withRetry(withMeter(source, createMeter()), { baseMs: 1 })),
      freshCache(65_536),
    ),
}

bytesContract('memorySource', async (content) => ({ source: memorySource('memory://t/x', content) }))
// `slice` of a Buffer is a view: reads shared their memory once.
bytesContract('memorySource of a Buffer', async (content) => ({
  source: memorySource('memory://t/x', Buffer.from(content)),
}))
bytesContract('withHead of a Buffer', async (content) => ({
  source: withHead(memorySource('memory://t/x', content), Buffer.from(content.subarray(0, 1000))),
}))

for (const [name, wrap] of Object.entries(wrappers)) {
  bytesContract(name, async (content) => ({ source: wrap(memorySource('memory://t/x', content)) }))
  wrapperContract(name, wrap)
}

for (const bytes of [1, 1000, 150_000, 1_000_000]) {
  bytesContract(`withHead, ${bytes} bytes`, async (content) => ({
    source: withHead(memorySource('memory://t/x', content), content.slice(0, bytes)),
  }))
}
wrapperContract('withHead', (source) => withHead(source, new Uint8Array(1)))
