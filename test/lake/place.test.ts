import { afterEach, describe, expect, test } from 'vitest'
import { checkPlace } from '../../src/lake/place.ts'

const bucket = { url: 's3://bucket/lake/' }
const folder = { url: 'file:///srv/lake/' }

/** What it throws. */
function thrown(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

afterEach(() => {
  delete process.env.VARVE_ALLOW
})

describe('objects may be', () => {
  test.each([
    [bucket, 's3://bucket/lake/objects/aa/aa'],
    [bucket, 's3://other/x.fastq'],
    [bucket, 'memory://x/y'],
    [folder, 'file:///home/ada/x.fastq'],
    [folder, 's3://other/x.fastq'],
  ])('of %j at %s', (lake, uri) => {
    expect(() => checkPlace(lake, uri)).not.toThrow()
  })
})

describe('files of the machine are refused for a lake that is elsewhere', () => {
  test.each([
    'file:///etc/passwd',
    'FILE:///etc/passwd',
    'file://localhost/etc/passwd',
    '/etc/passwd',
    'etc/passwd',
  ])('%s', (uri) => {
    const error = thrown(() => checkPlace(bucket, uri))
    expect(error).toMatchObject({ code: 'denied' })
    expect((error as Error).message).toContain('VARVE_ALLOW')
    expect((error as Error).message).toContain(uri)
  })

  test('unless VARVE_ALLOW lists them', () => {
    process.env.VARVE_ALLOW = 's3://lab/:file:///data:file:///srv/shared/'
    for (const uri of ['file:///data', 'file:///data/x', 'file:///srv/shared/deep/x', '/data/x'])
      expect(() => checkPlace(bucket, uri)).not.toThrow()
    for (const uri of [
      'file:///database/x',
      'file:///data/../etc/passwd',
      'file:///srv/shared',
      'file:///srv/sharedx',
    ])
      expect(thrown(() => checkPlace(bucket, uri))).toMatchObject({ code: 'denied' })
  })
})
