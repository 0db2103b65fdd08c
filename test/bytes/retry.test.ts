import { describe, expect, it } from 'vitest'
import { retry, withRetry } from '../../src/bytes/index.ts'
import { VarveError } from '../../src/errors.ts'
import { CONTENT, expectCode, expectSame } from '../contract/bytes.ts'
import { faultySource } from '../contract/faults.ts'

const quick = { baseMs: 1 }

describe('withRetry', () => {
  it('survives a storm, a short body, a long one and a stall in one read', async () => {
    const source = faultySource(CONTENT, 'unavailable', 'short', 'long', 'stall')
    const wrapped = withRetry(source, { ...quick, stallMs: 50 })
    expectSame(await wrapped.read(10, 20), CONTENT.subarray(10, 20))
    expect(source.reads).toHaveLength(5)
    // What stalls is told to stop, or its connection would stay.
    expect(source.reads[3]?.signal?.aborted).toBe(true)
  })

  it('gives up after its tries and says how many there were', async () => {
    const source = faultySource(CONTENT, 'unavailable', 'unavailable', 'unavailable', 'unavailable')
    const read = withRetry(source, { ...quick, attempts: 3 }).read(0, 1)
    await expect(read).rejects.toMatchObject({ code: 'unavailable', details: { tries: 3 } })
    await expect(read).rejects.toThrow('injected unavailable at memory://faulty/object (tried 3 times)')
    expect(source.reads).toHaveLength(3)
  })

  it('begins no try after its budget', async () => {
    const source = faultySource(CONTENT, 'stall', 'stall')
    await expectCode(withRetry(source, { attempts: 9, stallMs: 30, budgetMs: 20 }).read(0, 1), 'unavailable')
    expect(source.reads).toHaveLength(1)
  })

  it('stops waiting for the next try when it is cancelled', async () => {
    const source = faultySource(CONTENT, 'unavailable')
    const controller = new AbortController()
    const read = withRetry(source, { baseMs: 60_000, budgetMs: 600_000, random: () => 0.99 }).read(0, 1, {
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(), 10)
    await expectCode(read, 'aborted')
    expect(source.reads).toHaveLength(1)
  })

  it('does not try again what is permanent', async () => {
    let tries = 0
    const failing = retry(async () => {
      tries++
      throw new VarveError('unavailable', 'no such host', { permanent: true })
    }, quick)
    await expectCode(failing, 'unavailable')
    expect(tries).toBe(1)
  })

  it('pauses at random below a bound that doubles up to its cap', async () => {
    const pauses: number[] = []
    const fails = async (number: number): Promise<void> => {
      if (number < 7) throw new VarveError('unavailable', 'busy')
    }
    const pause = async (ms: number): Promise<void> => void pauses.push(ms)
    await retry(fails, { attempts: 7, baseMs: 8, maxPauseMs: 100, random: () => 0.5, pause })
    expect(pauses).toEqual([4, 8, 16, 32, 50, 50])
  })
})
