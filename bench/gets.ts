/** Parallel ranged GETs of whole objects by bare node:http: the limit of what reads them in node. */

import { type Agent, get } from 'node:http'
import { BenchError } from './types.ts'

const PART = 8 << 20
export const IN_FLIGHT = 8

export type Read = (start: number, end: number) => Promise<Uint8Array>

/** Reads [0, size) and returns the seconds; `look` sees the parts, out of order. */
export async function readAll(
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
export function httpReader(url: string, agent: Agent): Read {
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
