import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadDotEnv, openStore } from '../../src/store/index.ts'
import { parseEndpoint, s3Settings } from '../../src/store/s3/settings.ts'
import { expectCode } from '../contract/bytes.ts'

const AWS = { AWS_ACCESS_KEY_ID: 'aws-id', AWS_SECRET_ACCESS_KEY: 'aws-secret' }
const S3 = { S3_ACCESS_KEY: 's3-id', S3_SECRET_KEY: 's3-secret' }

describe('s3Settings', () => {
  it('leaves everything to the SDK when nothing is set', () => {
    expect(s3Settings({})).toEqual({
      endpoint: undefined,
      pathStyle: false,
      region: undefined,
      keys: undefined,
    })
  })

  it('takes AWS_* and S3_*', () => {
    const keys = { accessKeyId: 'aws-id', secretAccessKey: 'aws-secret' }
    expect(s3Settings({ ...AWS, AWS_REGION: 'eu-west-1' })).toMatchObject({ keys, region: 'eu-west-1' })
    expect(s3Settings({ ...AWS, AWS_SESSION_TOKEN: 't' }).keys).toEqual({ ...keys, sessionToken: 't' })
    expect(s3Settings({ AWS_DEFAULT_REGION: 'eu-west-2' }).region).toBe('eu-west-2')
    const settings = s3Settings({ ...S3, S3_ENDPOINT: 'https://minio.example.org', S3_REGION: 'here' })
    expect(settings).toMatchObject({
      keys: { accessKeyId: 's3-id', secretAccessKey: 's3-secret' },
      region: 'here',
      pathStyle: true,
    })
    expect(settings.endpoint?.href).toBe('https://minio.example.org/')
  })

  it('takes keys and region of the family that gives the endpoint', () => {
    const both = { ...AWS, ...S3, AWS_REGION: 'aws-region', S3_REGION: 's3-region' }
    expect(s3Settings({ ...both, S3_ENDPOINT: 'http://a' })).toMatchObject({
      keys: { accessKeyId: 's3-id' },
      region: 's3-region',
    })
    expect(s3Settings({ ...both, AWS_ENDPOINT_URL: 'http://a' })).toMatchObject({
      keys: { accessKeyId: 'aws-id' },
      region: 'aws-region',
    })
    expect(s3Settings(both)).toMatchObject({ keys: { accessKeyId: 'aws-id' } })
    expect(s3Settings({ ...AWS, S3_ENDPOINT: 'http://a' })).toMatchObject({ keys: { accessKeyId: 'aws-id' } })
    expect(s3Settings({ ...S3, AWS_ENDPOINT_URL: 'http://a' })).toMatchObject({
      keys: { accessKeyId: 's3-id' },
    })
  })

  it('prefers AWS_ENDPOINT_URL_S3, then AWS_ENDPOINT_URL; empty is not set', () => {
    const all = {
      AWS_ENDPOINT_URL_S3: 'http://one',
      AWS_ENDPOINT_URL: 'http://two',
      S3_ENDPOINT: 'http://three',
    }
    expect(s3Settings(all).endpoint?.hostname).toBe('one')
    expect(s3Settings({ ...all, AWS_ENDPOINT_URL_S3: '' }).endpoint?.hostname).toBe('two')
    expect(s3Settings({ S3_ENDPOINT: 'http://three', AWS_ENDPOINT_URL: '' }).endpoint?.hostname).toBe('three')
  })

  it('uses path style for every endpoint that is not AWS', () => {
    for (const endpoint of [
      'http://127.0.0.1:9000',
      'https://s3.example.org',
      'https://amazonaws.com.evil.org',
    ])
      expect(s3Settings({ AWS_ENDPOINT_URL: endpoint }).pathStyle).toBe(true)
    for (const endpoint of [
      'https://s3.eu-west-1.amazonaws.com',
      'https://s3.cn-north-1.amazonaws.com.cn',
      'https://s3.dualstack.us-east-1.api.aws',
    ])
      expect(s3Settings({ AWS_ENDPOINT_URL: endpoint }).pathStyle).toBe(false)
    expect(s3Settings({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' }).region).toBe('us-east-1')
  })

  it.each([
    [{ S3_ACCESS_KEY: 'x' }, 'S3_SECRET_KEY'],
    [{ S3_SECRET_KEY: 'hush' }, 'S3_ACCESS_KEY'],
    [{ AWS_ACCESS_KEY_ID: 'x' }, 'AWS_SECRET_ACCESS_KEY'],
    [{ AWS_SECRET_ACCESS_KEY: 'hush', AWS_ACCESS_KEY_ID: '' }, 'AWS_ACCESS_KEY_ID'],
  ])('names the setting that is missing: %j', async (env, name) => {
    const settings = (async () => s3Settings(env))()
    await expectCode(settings, 'invalid-input', `${name} is not set`)
    await expect(settings).rejects.not.toThrow(/hush/)
  })
})

describe('parseEndpoint', () => {
  it.each([
    ['localhost:9000', 'http://localhost:9000'],
    ['127.0.0.1:9000', 'http://127.0.0.1:9000'],
    ['127.1.2.3', 'http://127.1.2.3'],
    ['[::1]:9000', 'http://[::1]:9000'],
    ['minio.example.org', 'https://minio.example.org'],
    ['minio.example.org:9000', 'https://minio.example.org:9000'],
    ['10.0.0.1:9000', 'https://10.0.0.1:9000'],
    ['http://minio.example.org', 'http://minio.example.org'],
    ['https://localhost:9000', 'https://localhost:9000'],
  ])('%s is %s', (text, origin) => {
    expect(parseEndpoint('S3_ENDPOINT', text).origin).toBe(origin)
  })

  it.each([
    ['ftp://x', /S3_ENDPOINT begins with ftp:\/\/, expected http:\/\/ or https:\/\//],
    ['http://', /S3_ENDPOINT is no URL/],
    ['not a host', /S3_ENDPOINT is no URL/],
    ['https://id:hush@x', /S3_ENDPOINT contains credentials/],
  ])('refuses %s', async (text, message) => {
    const parse = (async () => parseEndpoint('S3_ENDPOINT', text))()
    await expectCode(parse, 'invalid-input', 'S3_ENDPOINT')
    await expect(parse).rejects.toThrow(message)
    await expect(parse).rejects.not.toThrow(/hush/)
  })
})

describe('an S3 store without', () => {
  const none = [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_PROFILE',
  ]

  beforeEach(() => {
    for (const name of none) vi.stubEnv(name, undefined)
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  })
  afterEach(() => vi.unstubAllEnvs())

  it('credentials says where they may come from', async () => {
    const store = openStore('s3://bucket', { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } })
    for (const call of [
      () => store.open('k', { head: 1 }),
      () => store.info('k'),
      () => store.put('k', new Uint8Array(1)),
    ])
      await expectCode(
        call(),
        'denied',
        's3://bucket/k needs credentials, and none were found: set AWS_ACCESS_KEY_ID',
      )
  })

  it('region names the setting', async () => {
    const store = openStore('s3://bucket', { env: AWS })
    await expectCode(store.open('k'), 'invalid-input', 's3://bucket/k needs AWS_REGION, which is not set')
  })

  it('a secret key names the setting', async () => {
    const opening = (async () => openStore('s3://bucket', { env: { S3_ACCESS_KEY: 'x' } }))()
    await expectCode(opening, 'invalid-input', 'S3_SECRET_KEY is not set')
  })

  it('keys in the environment takes them from a profile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-profile-'))
    const file = join(folder, 'credentials')
    writeFileSync(file, '[lab]\naws_access_key_id = LABKEY\naws_secret_access_key = hush\n')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_PROFILE', 'lab')
    const store = openStore('s3://bucket', { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } })
    expect(await store.presign('k', 60)).toMatch(
      /^http:\/\/127\.0\.0\.1:9\/bucket\/k\?.*X-Amz-Credential=LABKEY/,
    )
    rmSync(folder, { recursive: true })
  })
})

describe('.env', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'varve-env-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
    for (const name of ['VARVE_TEST_ONE', 'VARVE_TEST_TWO', 'VARVE_TEST_THREE']) delete process.env[name]
  })

  it('sets what is not set, and nothing else', () => {
    process.env.VARVE_TEST_ONE = 'mine'
    process.env.VARVE_TEST_THREE = ''
    writeFileSync(
      join(folder, '.env'),
      '# settings\nVARVE_TEST_ONE=theirs\nexport VARVE_TEST_TWO="two words"\nVARVE_TEST_THREE=x\n',
    )
    loadDotEnv(folder)
    expect(process.env.VARVE_TEST_ONE).toBe('mine')
    expect(process.env.VARVE_TEST_TWO).toBe('two words')
    expect(process.env.VARVE_TEST_THREE).toBe('')
  })

  it('need not be there', () => {
    loadDotEnv(folder)
    mkdirSync(join(folder, 'sub/.env'), { recursive: true })
    loadDotEnv(join(folder, 'sub'))
  })
})
