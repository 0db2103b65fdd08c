/**
 * Ranged GETs of a whole object, 8 × 8 MiB in flight, through varve's store and through bare node:http, in turn.
 * A process of its own: `node ranged.js URI PRESIGNED RUNS`, prints JSON.
 */

import { Agent, get } from 'node:http'
import { crc32 } from 'node:zlib'
import { closeStores, locate } from '../src/store/index.ts'
import { BenchError } from './types.ts'

const PART = 8 << 20
const IN_FLIGHT = 8

type Read = (start: number, end: number) => Promise<Uint8Array>

/** Reads [0, size) and returns the seconds; `look` sees the parts, out of order. */
async function readAll(
  read: Read,
  size: number,
  look?: (part: number, bytes: Uint8Array) => void,
): Promise<number> {
  const began = process.hrtime.bigint()
  const parts = Math.ceil(size / PART)
  let next = 0
  const lane = async () => {
    while (next < parts) {
      const part = next++
      const [start, end] = [part * PART, Math.min((part + 1) * PART, size)]
      const bytes = await read(start, end)
      if (bytes.length !== end - start)
        throw new BenchError(`part ${part}: ${bytes.length} of ${end - start} bytes`)
      look?.(part, bytes)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return Number(process.hrtime.bigint() - began) / 1e9
}

/** What a program without varve would write: chunks copied into one buffer of the range's size. */
function httpReader(url: string, agent: Agent): Read {
  return (start, end) =>
    new Promise((resolve, reject) => {
      const whole = Buffer.allocUnsafeSlow(end - start)
      let at = 0
      get(url, { agent, headers: { range: `bytes=${start}-${end - 1}` } }, (response) => {
        if (response.statusCode !== 206) {
          reject(new BenchError(`node:http was answered with ${response.statusCode}`))
          return
        }
        response.on('data', (chunk: Buffer) => {
          at += chunk.copy(whole, at)
        })
        response.on('end', () => resolve(whole.subarray(0, at)))
        response.on('error', reject)
      }).on('error', reject)
    })
}

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
