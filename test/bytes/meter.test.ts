import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { adoptMeter, createMeter, threadMeter, withMeter } from '../../src/bytes/index.ts'
import { openStore } from '../../src/store/index.ts'
import { CONTENT } from '../contract/bytes.ts'
import { faultySource } from '../contract/faults.ts'

describe('meter', () => {
  afterEach(() => void adoptMeter(new SharedArrayBuffer(16)))

  it('counts reads and their bytes, failed reads without', async () => {
    const meter = createMeter()
    const source = withMeter(faultySource(CONTENT, 'unavailable'), meter)
    await source.read(0, 10).catch(() => {})
    await source.read(0, 10)
    await source.read(5, 25)
    expect(meter.read()).toEqual({ requests: 3, bytes: 30 })
  })

  it('counts what another thread adds to the same memory', async () => {
    const meter = createMeter()
    // The layout is the contract between threads: two 64-bit cells.
    const code = `const { workerData } = require('node:worker_threads')
      const cells = new BigInt64Array(workerData)
      for (let i = 0; i < 1000; i++) { Atomics.add(cells, 0, 1n); Atomics.add(cells, 1, 7n) }`
    const worker = new Worker(code, { eval: true, workerData: meter.shared })
    for (let i = 0; i < 1000; i++) meter.add(1, 7)
    await new Promise((resolve) => worker.once('exit', resolve))
    expect(meter.read()).toEqual({ requests: 2000, bytes: 14_000 })
  })

  it('is what stores count into: the thread’s own, an adopted one, or one of their own', async () => {
    const mine = createMeter()
    const other = createMeter()
    const body = new Uint8Array(100)
    adoptMeter(mine.shared)
    expect(threadMeter().shared).toBe(mine.shared)
    await openStore('memory://metered').put('a', body)
    await openStore('memory://metered', { meter: other }).get('a')
    expect(mine.read()).toEqual({ requests: 1, bytes: 100 })
    expect(other.read()).toEqual({ requests: 1, bytes: 100 })
  })
})
