/** One of several processes that use one block cache; exits 1 when it was ever given a wrong byte. */
import { memorySource, openBlockCache, withBlockCache } from '../../src/bytes/index.ts'

const [folder = '', salt = '0'] = process.argv.slice(2)
const content = new Uint8Array(400_000).map((_, i) => (i * 31 + (i >> 8)) & 255)
const cache = openBlockCache({ folder, maxBytes: 200_000, blockBytes: 10_000 })
const source = withBlockCache(memorySource('memory://shared/x', content), cache)

let state = Number(salt)
for (let i = 0; i < 300; i++) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  const start = state % 390_000
  const bytes = await source.read(start, start + 9_000)
  if (Buffer.compare(bytes, content.subarray(start, start + 9_000)) !== 0) process.exit(1)
}
await cache.flush()
