/**
 * Ranged GETs of a whole object, 8 × 8 MiB in flight, through varve's store and through bare node:http, in turn.
 * A process of its own: `node ranged.js URI PRESIGNED RUNS`, prints JSON.
 */

import { Agent } from 'node:http'
import { crc32 } from 'node:zlib'
import { closeStores, locate } from '../src/store/index.ts'
import { httpReader, IN_FLIGHT, type Read, readAll } from './gets.ts'
import { BenchError } from './types.ts'

async function checksums(read: Read, size: number): Promise<string> {
  const sums: number[] = []
  await readAll(read, size, (part, bytes) => {
    sums[part] = crc32(bytes)
  })
  return sums.join()
}

const [uri = '', presigned = '', runs = '5'] = process.argv.slice(2)
const { store, key } = locate(uri)
const source = await store.open(key)
if (source === undefined) throw new BenchError(`${uri} is not there`)
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
const varve: Read = (start, end) => source.read(start, end)
const http = httpReader(presigned, agent)

// The warm-up: both give the same bytes.
if ((await checksums(varve, source.size)) !== (await checksums(http, source.size))) {
  throw new BenchError('varve and node:http read different bytes')
}
const samples = { varve: [] as number[], http: [] as number[] }
for (let round = 0; round < Number(runs); round++) {
  samples.varve.push(await readAll(varve, source.size))
  samples.http.push(await readAll(http, source.size))
}
process.stdout.write(`${JSON.stringify(samples)}\n`)
agent.destroy()
await closeStores()
