import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { type Candidate, type Failure, type WalkOptions, walk } from '../../../src/lake/ingest/walk.ts'
import { closeStores, openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { type Minio, startMinio } from '../../servers/minio.ts'

interface Found {
  readonly candidates: readonly Candidate[]
  readonly failures: readonly Failure[]
  /** Paths of the candidates, sorted. */
  readonly paths: readonly string[]
  /** Code and path of the failures, sorted. */
  readonly failed: readonly string[]
}

async function found(roots: readonly string[], options?: WalkOptions): Promise<Found> {
  const candidates: Candidate[] = []
  const failures: Failure[] = []
  for await (const one of walk(roots, options)) {
    if ('candidate' in one) candidates.push(one.candidate)
    else failures.push(one.failure)
  }
  return {
    candidates,
    failures,
    paths: candidates.map(({ path }) => path).sort(),
    failed: failures.map(({ path, error }) => `${error.code} ${path}`).sort(),
  }
}

const isRoot = process.getuid?.() === 0
if (isRoot) console.warn('SKIPPED: root may read everything, so what may not be read is not tested')

let top: string
let folder: string
let tests = 0

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'varve-walk-'))
})
beforeEach(() => {
  folder = join(top, `t${++tests}`)
  mkdirSync(folder)
})
afterAll(() => {
  rmSync(top, { recursive: true, force: true })
})

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), path)
  }
}

describe('a local folder', () => {
  it('gives its files with paths below it, hidden ones too', async () => {
    write('a.txt', 'b/c.txt', 'b/.hidden', '.git/config', 'b/d/ünï 🧬.txt')
    const { paths, failed, candidates } = await found([folder])
    expect(failed).toEqual([])
    expect(paths).toEqual(['.git/config', 'a.txt', 'b/.hidden', 'b/c.txt', 'b/d/ünï 🧬.txt'])
    for (const { path, source, store, key, size, identity, modified } of candidates) {
      expect(source).toBe(`file://${folder}/${path}`)
      expect(source).toBe(store.url + key)
      expect(size).toBe(Buffer.byteLength(path))
      expect(await store.info(key)).toEqual({ key, size, identity, modified })
      expect(Buffer.from(await store.attach(key, size, identity).read(0, size)).toString()).toBe(path)
    }
  })

  test.each(['', '/', '/.', '/../%'])('is the same when written with %j at its end', async (end) => {
    write('a/b.txt')
    expect((await found([folder + end.replace('%', `t${tests}`)])).paths).toEqual(['a/b.txt'])
  })

  it('may be relative, or a URL', async () => {
    write('x/a/b.txt')
    expect((await found(['x'], { cwd: folder })).paths).toEqual(['a/b.txt'])
    expect((await found(['.'], { cwd: folder })).paths).toEqual(['x/a/b.txt'])
    expect((await found([`file://${folder}/x/`])).paths).toEqual(['a/b.txt'])
  })

  it('may be empty, or hold thousands', async () => {
    expect(await found([folder])).toMatchObject({ paths: [], failed: [] })
    const names = Array.from({ length: 3000 }, (_, i) => `n${i}`)
    write(...names)
    expect((await found([folder])).paths).toEqual(names.sort())
  })

  it('is put under the prefix', async () => {
    write('a/b.txt')
    expect((await found([folder], { prefix: 'raw/2026/' })).paths).toEqual(['raw/2026/a/b.txt'])
    expect((await found([folder], { prefix: 'raw' })).paths).toEqual(['raw/a/b.txt'])
    expect((await found([folder], { prefix: '' })).paths).toEqual(['a/b.txt'])
  })

  test.each(['..', '/raw', 'a//b', 'a//', 'a\\b', 'a\n', 'x'.repeat(300)])('not under %j', async (prefix) => {
    await expectCode(found([folder], { prefix }), 'invalid-input', 'the prefix')
  })

  it('follows links that stay inside, and gives the names that lead through them', async () => {
    write('data/a.txt', 'data/deep/b.txt')
    symlinkSync('data/a.txt', join(folder, 'link.txt'))
    symlinkSync(join(folder, 'data/deep'), join(folder, 'folder'))
    symlinkSync('folder', join(folder, 'twice'))
    const { paths, failed } = await found([folder])
    expect(failed).toEqual([])
    expect(paths).toEqual(['data/a.txt', 'data/deep/b.txt', 'folder/b.txt', 'link.txt', 'twice/b.txt'])
  })

  it('may itself be a link', async () => {
    write('data/a.txt')
    symlinkSync('data', join(folder, 'link'))
    expect(await found([join(folder, 'link')])).toMatchObject({ paths: ['a.txt'], failed: [] })
  })

  it('reports links that lead out, nowhere, or in a circle, and goes on', async () => {
    write('in/a.txt', 'in/deep/b.txt', 'out/secret.txt', 'inside/x.txt')
    symlinkSync('../out/secret.txt', join(folder, 'in/file'))
    symlinkSync('../out', join(folder, 'in/folder'))
    symlinkSync('../inside/x.txt', join(folder, 'in/beside'))
    symlinkSync('..', join(folder, 'in/deep/up'))
    symlinkSync('.', join(folder, 'in/self'))
    symlinkSync('nowhere', join(folder, 'in/dangling'))
    symlinkSync('circle2', join(folder, 'in/circle1'))
    symlinkSync('circle1', join(folder, 'in/circle2'))
    const { paths, failed, failures } = await found([join(folder, 'in')])
    expect(paths).toEqual(['a.txt', 'deep/b.txt'])
    expect(failed).toEqual([
      'invalid-input beside',
      'invalid-input circle1',
      'invalid-input circle2',
      'invalid-input deep/up',
      'invalid-input file',
      'invalid-input folder',
      'invalid-input self',
      'not-found dangling',
    ])
    for (const { error } of failures) expect(error.message).toContain(`file://${folder}/in/`)
    expect(failures.map(({ error }) => error.message).join()).not.toContain('secret')
  })

  it('reports pipes and sockets without opening them', async () => {
    write('a.txt')
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await found([folder])).toMatchObject({ paths: ['a.txt'], failed: ['invalid-input pipe'] })
  })

  it('reports names that no version may hold', async () => {
    write('ok', 'a\nb', 'back\\slash', 'tab\t/x')
    expect(await found([folder])).toMatchObject({
      paths: ['ok'],
      failed: ['invalid-input a\nb', 'invalid-input back\\slash', 'invalid-input tab\t/x'],
    })
  })

  it('reports names that are no UTF-8', async () => {
    write('ok')
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/b`), Buffer.from([0xff, 0x41])]), 'x')
    const { paths, failures } = await found([folder])
    expect(paths).toEqual(['ok'])
    expect(failures).toHaveLength(1)
    expect(failures[0]!.error.message).toContain('not UTF-8')
  })

  it.skipIf(isRoot)('reports what may not be read, and goes on', async () => {
    write('a.txt', 'closed/b.txt', 'secret.txt')
    chmodSync(join(folder, 'closed'), 0)
    chmodSync(join(folder, 'secret.txt'), 0)
    expect(await found([folder])).toMatchObject({
      paths: ['a.txt'],
      failed: ['denied closed', 'denied secret.txt'],
    })
    chmodSync(join(folder, 'closed'), 0o700)
  })

  it("passes over varve's own temporary files", async () => {
    write('a.txt', '.varve-1-aa.tmp', '.varve-x.txt')
    expect(await found([folder])).toMatchObject({ paths: ['.varve-x.txt', 'a.txt'], failed: [] })
  })

  it('stops when it is told to', async () => {
    write(...Array.from({ length: 500 }, (_, i) => `n${i}`))
    const stop = new AbortController()
    let count = 0
    async function read(): Promise<void> {
      for await (const _ of walk([folder], { signal: stop.signal })) if (++count === 10) stop.abort()
    }
    await expectCode(read(), 'aborted')
    expect(count).toBe(10)
  })

  it('is found whole, whatever is in it', async () => {
    const name = fc.constantFrom('a', 'b', '.c', 'd e')
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 20 }),
        async (all) => {
          const files = all.map((parts) => `${parts.map((part) => `${part}_`).join('/')}.txt`)
          folder = join(top, `random-${++tests}`)
          mkdirSync(folder)
          write(...files)
          expect(await found([folder])).toMatchObject({ paths: [...new Set(files)].sort(), failed: [] })
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('roots', () => {
  it('may be single files, by their own names', async () => {
    write('x/a.txt', 'x/b.txt')
    expect((await found([join(folder, 'x/a.txt'), 'x/b.txt'], { cwd: folder, prefix: 'p' })).paths).toEqual([
      'p/a.txt',
      'p/b.txt',
    ])
  })

  it('may be patterns, relative to their literal folder', async () => {
    write('x/s1/a.txt', 'x/s2/a.txt', 'x/s2/b.csv', 'x/.h/a.txt')
    expect((await found(['x/*/a.txt'], { cwd: folder })).paths).toEqual(['s1/a.txt', 's2/a.txt'])
    expect((await found([`${folder}/x/s2/*`])).paths).toEqual(['a.txt', 'b.csv'])
    expect((await found(['**/*.csv'], { cwd: folder })).paths).toEqual(['x/s2/b.csv'])
    expect((await found(['x/s{1,2}/a.txt'], { cwd: folder, prefix: 'p' })).paths).toEqual([
      'p/s1/a.txt',
      'p/s2/a.txt',
    ])
  })

  it('reports links that lead out of the folder of a pattern', async () => {
    write('in/a.txt', 'out.txt')
    symlinkSync('../out.txt', join(folder, 'in/link.txt'))
    expect(await found(['in/*.txt'], { cwd: folder })).toMatchObject({
      paths: ['a.txt'],
      failed: ['invalid-input link.txt'],
    })
  })

  it('may have the characters of patterns in their names', async () => {
    write('x[1]/a.txt', 'x1/b.txt', 'what?.txt')
    expect((await found(['x[1]'], { cwd: folder })).paths).toEqual(['a.txt'])
    expect((await found(['what?.txt'], { cwd: folder })).paths).toEqual(['what?.txt'])
  })

  it('that are not there are failures, and the others go on', async () => {
    write('a/b.txt')
    const { paths, failed } = await found(['none', 'a', 'none*', 'a/b.txt/'], { cwd: folder })
    expect(paths).toEqual(['b.txt'])
    expect(failed).toEqual(['not-found a/b.txt/', 'not-found none', 'not-found none*'])
  })

  it('that are no files are failures', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect((await found(['pipe'], { cwd: folder })).failed).toEqual(['invalid-input pipe'])
  })

  test.each([
    ['', 'invalid-input'],
    ['a\0b', 'invalid-input'],
    ['gopher://x/y', 'unsupported'],
    ['s3:///x', 'invalid-input'],
  ] as const)('that name nothing at all, such as %j, end it before it begins', async (root, code) => {
    write('a.txt')
    await expectCode(found([folder, root]), code)
  })
})

describe.each(['memory', 's3'])('a bucket of %s', (kind) => {
  let minio: Minio | undefined
  let base: string
  const before = { ...process.env }

  beforeAll(async () => {
    if (kind === 's3') {
      minio = await startMinio()
      Object.assign(process.env, minio.env)
      base = `s3://${minio.bucket()}/`
    } else base = 'memory://walk/'
    const store = openStore(base)
    for (const key of [
      'p/a.txt',
      'p/b/c.txt',
      'p/b/.hidden',
      'p2/x.txt',
      'same',
      'same2/y.txt',
      'q/[1]/z.txt',
    ])
      await store.put(key, Buffer.from(key))
  })
  afterAll(async () => {
    await closeStores()
    await minio?.stop()
    process.env = before
  })

  it('gives the objects below a prefix, which is a folder', async () => {
    for (const root of [`${base}p`, `${base}p/`]) {
      const { paths, failed, candidates } = await found([root])
      expect(failed).toEqual([])
      expect(paths).toEqual(['a.txt', 'b/.hidden', 'b/c.txt'])
      for (const { path, source, store, key, size, identity } of candidates) {
        expect(source).toBe(`${base}p/${path}`)
        expect(Buffer.from(await store.attach(key, size, identity).read(0, size)).toString()).toBe(key)
      }
    }
  })

  it('gives all of it, and single objects', async () => {
    expect((await found([base])).paths).toHaveLength(7)
    expect((await found([`${base}p/b/c.txt`, `${base}same`], { prefix: 'in' })).paths).toEqual([
      'in/c.txt',
      'in/same',
    ])
  })

  it('gives what matches a pattern, and what is called like one', async () => {
    expect((await found([`${base}*/x.txt`])).paths).toEqual(['p2/x.txt'])
    expect((await found([`${base}p/**/*.txt`])).paths).toEqual(['a.txt', 'b/c.txt'])
    expect((await found([`${base}q/[1]/`])).paths).toEqual(['z.txt'])
  })

  it('reports what is not there', async () => {
    const { failed } = await found([`${base}none`, `${base}sam`, `${base}none/*`])
    expect(failed).toEqual([`not-found ${base}none`, `not-found ${base}none/*`, `not-found ${base}sam`])
  })

  it('passes over the markers of folders', async () => {
    const store = openStore(base)
    await store.put('marked/', Buffer.alloc(0))
    await store.put('marked/deep/', Buffer.alloc(0))
    await store.put('marked/a', Buffer.from('a'))
    await store.put('empty/', Buffer.alloc(0))
    expect(await found([`${base}marked`])).toMatchObject({ paths: ['a'], failed: [] })
    expect(await found([`${base}empty/`])).toMatchObject({ paths: [], failed: [] })
  })

  it('reports keys that no version may hold', async () => {
    const store = openStore(base)
    // A server that keeps objects as files, as MinIO does, refuses the others itself.
    const hostile =
      kind === 's3' ? ['bad/a\nb'] : ['bad/../x', 'bad//x', 'bad/a\nb', 'bad/back\\slash', 'bad/full/']
    for (const key of [...hostile, 'bad/ok']) await store.put(key, Buffer.from('x'))
    const { paths, failed } = await found([`${base}bad`])
    expect(paths).toEqual(['ok'])
    expect(failed).toEqual(hostile.map((key) => `invalid-input ${key.slice('bad/'.length)}`).sort())
  })
})

describe('a server that is not there', () => {
  it('is a failure of that root', async () => {
    const before = { ...process.env }
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    })
    try {
      write('a.txt')
      const { paths, failures } = await found(['s3://nowhere/x', folder])
      expect(paths).toEqual(['a.txt'])
      expect(failures.map(({ path, error }) => [path, error.code])).toEqual([
        ['s3://nowhere/x', 'unavailable'],
      ])
    } finally {
      process.env = before
      await closeStores()
    }
  })
})
