import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMeter } from '../../src/bytes/index.ts'
import { closeStores, glob, isGlob, openStore } from '../../src/store/index.ts'
import { expectCode } from '../contract/bytes.ts'
import { type Minio, startMinio } from '../servers/minio.ts'

const KEYS = [
  'reads/a.fastq',
  'reads/a.fastq.gz',
  'reads/b.fastq.gz',
  'reads/.hidden.fastq.gz',
  'reads/deep/er/c.fastq.gz',
  'reads/deep/d.fastq.gz',
  'reads/x[1].txt',
  'reads/x1.txt',
  'reads/what?.txt',
  'reads/whats.txt',
  'reads/ünï 🧬.txt',
  'lane1/s1/r.txt',
  'lane1/s2/r.txt',
  'lane2/s1/r.txt',
  'lane2/s1/q.txt',
  'lane2/r.txt',
  '.ipynb_checkpoints/r.txt',
]

const PATTERNS: [string, string[]][] = [
  ['reads/*.fastq.gz', ['reads/a.fastq.gz', 'reads/b.fastq.gz']],
  ['reads/a.*', ['reads/a.fastq', 'reads/a.fastq.gz']],
  [
    'reads/**/*.fastq.gz',
    ['reads/a.fastq.gz', 'reads/b.fastq.gz', 'reads/deep/d.fastq.gz', 'reads/deep/er/c.fastq.gz'],
  ],
  ['reads/**/c.fastq.gz', ['reads/deep/er/c.fastq.gz']],
  ['reads/?.fastq', ['reads/a.fastq']],
  ['reads/[ab].fastq.gz', ['reads/a.fastq.gz', 'reads/b.fastq.gz']],
  ['reads/[!a].fastq.gz', ['reads/b.fastq.gz']],
  ['reads/[a-c].fastq.gz', ['reads/a.fastq.gz', 'reads/b.fastq.gz']],
  ['reads/{a,b}.fastq.gz', ['reads/a.fastq.gz', 'reads/b.fastq.gz']],
  ['reads/{b,deep/d}.fastq.gz', ['reads/b.fastq.gz', 'reads/deep/d.fastq.gz']],
  ['reads/a.fastq{,.gz}', ['reads/a.fastq', 'reads/a.fastq.gz']],
  ['reads/.h*', ['reads/.hidden.fastq.gz']],
  ['lane*/s1/*.txt', ['lane1/s1/r.txt', 'lane2/s1/q.txt', 'lane2/s1/r.txt']],
  ['lane?/*/r.txt', ['lane1/s1/r.txt', 'lane1/s2/r.txt', 'lane2/s1/r.txt']],
  ['*/r.txt', ['lane2/r.txt']],
  ['lane*', []],
  ['**/r.txt', ['lane1/s1/r.txt', 'lane1/s2/r.txt', 'lane2/r.txt', 'lane2/s1/r.txt']],
  ['lane2/**', ['lane2/r.txt', 'lane2/s1/q.txt', 'lane2/s1/r.txt']],
  ['none/*', []],
  // Names that hold the characters of a pattern.
  ['reads/x[1].txt', ['reads/x[1].txt']],
  ['reads/x[12].txt', ['reads/x1.txt']],
  ['reads/what?.txt', ['reads/what?.txt']],
  ['reads/wha??.txt', ['reads/what?.txt', 'reads/whats.txt']],
  ['reads/ünï*', ['reads/ünï 🧬.txt']],
  // No pattern at all.
  ['reads/a.fastq', ['reads/a.fastq']],
  ['reads/none', []],
]

describe('glob', () => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-glob-'))
  const bases: Record<string, string> = { file: `file://${folder}/`, memory: 'memory://glob/' }
  let minio: Minio

  beforeAll(async () => {
    minio = await startMinio()
    const bucket = minio.bucket()
    bases.s3 = `s3://${bucket}/`
    for (const key of KEYS) {
      mkdirSync(dirname(join(folder, key)), { recursive: true })
      writeFileSync(join(folder, key), key)
      await openStore('memory://glob').put(key, Buffer.from(key))
      await openStore(bases.s3, { env: minio.env }).put(key, Buffer.from(key))
    }
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await closeStores()
    await minio?.stop()
  })

  async function names(pattern: string, cwd?: string): Promise<string[]> {
    const found: string[] = []
    for await (const { name } of glob(pattern, { cwd, ...(pattern.startsWith('s3:') && { env: minio.env }) }))
      found.push(name)
    return found
  }

  for (const scheme of ['file', 'memory', 's3']) {
    it.each(PATTERNS)(`${scheme}: %s`, async (pattern, expected) => {
      const base = bases[scheme] ?? ''
      expect(await names(base + pattern)).toEqual(expected.map((key) => base + key))
    })
  }

  it.each(PATTERNS)('paths: %s', async (pattern, expected) => {
    expect(await names(pattern, folder)).toEqual(expected)
    expect(await names(`./${pattern}`, folder)).toEqual(expected.map((key) => `./${key}`))
    expect(await names(join(folder, pattern))).toEqual(expected.map((key) => join(folder, key)))
    expect(await names(`../${pattern}`, join(folder, 'reads'))).toEqual(expected.map((key) => `../${key}`))
  })

  it('gives what the store knows of each object', async () => {
    for await (const found of glob('reads/b.*', { cwd: folder })) {
      expect(found).toMatchObject({
        name: 'reads/b.fastq.gz',
        uri: `file://${folder}/reads/b.fastq.gz`,
        size: 16,
      })
      expect(await found.store.info(found.key)).toMatchObject({ identity: found.identity })
    }
  })

  it('does not list folders that cannot match', async () => {
    const meter = createMeter()
    const found: string[] = []
    for await (const { name } of glob('lane1/*/r.txt', { cwd: folder, meter })) found.push(name)
    expect(found).toHaveLength(2)
    // The exact name, the folder, and its two folders.
    expect(meter.read().requests).toBe(4)
  })

  it('says that a bucket is missing', async () => {
    await expectCode(names('s3://no-such-bucket/*'), 'not-found', 's3://no-such-bucket/')
  })

  it('knows a pattern from a name', () => {
    for (const text of ['*', 'a?', 'a[b]', '{a,b}', 's3://b/**/x']) expect(isGlob(text)).toBe(true)
    for (const text of ['a', 's3://b/k', './x-(1)!.txt', '~/x']) expect(isGlob(text)).toBe(false)
  })
})
