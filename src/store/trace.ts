import { writeSync } from 'node:fs'
import { type Meter, threadMeter } from '../bytes/meter.ts'

export type RequestOp = 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'COPY' | 'LIST'

/** One request to a store, as `VARVE_TRACE=1` prints it. */
export interface RequestRecord {
  readonly op: RequestOp
  readonly uri: string
  /** `first-last`, both inclusive as in HTTP; null for the whole. */
  readonly range: string | null
  /** Of HTTP, or what stands for it on a disk; null when no answer came. */
  readonly status: number | null
  /** Of the body, sent or received. */
  readonly bytes: number
  readonly ms: number
}

/** Counts a request, and prints it when `VARVE_TRACE` is 1. */
export function recordRequest(record: RequestRecord, meter: Meter = threadMeter()): void {
  meter.add(1, record.bytes)
  if (process.env.VARVE_TRACE !== '1') return
  const { op, uri, range, status, bytes } = record
  const ms = Math.round(record.ms * 10) / 10
  printLine(`varve-trace ${JSON.stringify({ op, uri, range, status, bytes, ms })}\n`)
}

/** Straight to the descriptor: a thread's `process.stderr` is asynchronous and loses lines when the process ends. */
function printLine(line: string): void {
  const bytes = Buffer.from(line)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(2, bytes, at)
    } catch (error) {
      // A full pipe says EAGAIN; a closed one is no reason to fail the request.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** `first-last` of the bytes [start, end). */
export function rangeText(start: number, end: number): string {
  return `${start}-${end - 1}`
}
