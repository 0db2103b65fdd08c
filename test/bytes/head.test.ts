import { describe, expect, it } from 'vitest'
import { withHead } from '../../src/bytes/index.ts'
import { CONTENT, expectSame } from '../contract/bytes.ts'
import { faultySource } from '../contract/faults.ts'

describe('withHead', () => {
  const head = CONTENT.slice(0, 1000)

  it('asks nothing for what lies in the head', async () => {
    const source = faultySource(CONTENT)
    const wrapped = withHead(source, head)
    expectSame(await wrapped.read(0, 1000), head)
    expectSame(await wrapped.read(999, 1000), CONTENT.subarray(999, 1000))
    expect(await wrapped.read(1000, 1000)).toHaveLength(0)
    expect(source.reads).toHaveLength(0)
  })

  it('asks only for the rest of what begins in the head', async () => {
    const source = faultySource(CONTENT)
    expectSame(await withHead(source, head).read(500, 1500), CONTENT.subarray(500, 1500))
    expect(source.reads).toMatchObject([{ start: 1000, end: 1500 }])
  })

  it('fails when the rest is short, instead of leaving zeros', async () => {
    const wrapped = withHead(faultySource(CONTENT, 'short'), head)
    await expect(wrapped.read(500, 1500)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
