import { expect, test } from 'vitest'
import { VarveError } from '../../../src/errors.ts'
import { patiently } from '../../../src/mount/fuse/patience.ts'

test('a value is given at once, not as a promise', () => {
  expect(patiently(() => 42)).toBe(42)
})

test('what is unavailable for a while is begun again', async () => {
  let calls = 0
  const work = async (): Promise<number> => {
    if (++calls < 4) throw new VarveError('unavailable', 'refused')
    return calls
  }
  expect(await patiently(work)).toBe(4)
})

test('what stays unavailable, and what never answers, fails in time; other errors at once', async () => {
  const began = performance.now()
  const dead = async (): Promise<never> => {
    throw new VarveError('unavailable', 'refused')
  }
  await expect(patiently(dead, 300)).rejects.toMatchObject({ code: 'unavailable' })
  await expect(patiently(() => new Promise(() => undefined), 300)).rejects.toMatchObject({
    code: 'unavailable',
  })
  let calls = 0
  const gone = async (): Promise<never> => {
    calls++
    throw new VarveError('not-found', 'gone')
  }
  await expect(patiently(gone)).rejects.toMatchObject({ code: 'not-found' })
  expect(calls).toBe(1)
  expect(performance.now() - began).toBeLessThan(3000)
})
