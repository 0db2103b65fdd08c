import { execFileSync, fork } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'
import { CONTENT, expectCode, expectSame } from '../contract/bytes.ts'
import { openFiles } from '../contract/open-files.ts'
import { bundle } from '../servers/bundle.ts'

/** Permissions do not hold for root, as whom containers run tests. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe('files as a store', () => {
  let folder: string
  let store: ObjectStore

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'varve-file-'))
    store = openStore(folder)
  })
  afterEach(() => {
    execFileSync('chmod', ['-R', 'u+rwx', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  const path = (name: string): string => join(folder, name)
  const openHere = (): number => openFiles((file) => file.startsWith(folder))

  async function keys(prefix = ''): Promise<string[]> {
    const found: string[] = []
    for await (const entry of store.list(prefix)) found.push('key' in entry ? entry.key : entry.prefix)
    return found
  }

  it('a put that is aborted while its bytes are written is aborted, and leaves nothing', async () => {
    const abort = new AbortController()
    const putting = store.put('large', Buffer.alloc(64 * 2 ** 20), { signal: abort.signal })
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    await expectCode(putting, 'aborted')
    expect(readdirSync(folder)).toEqual([])
  })

  it('is stale after a write in place, even one of the same size', async () => {
    writeFileSync(path('x'), CONTENT)
    const source = await store.open('x')
    utimesSync(path('x'), 1000, 1000)
    await expectCode(source?.read(0, 10) as Promise<unknown>, 'stale', `file://${folder}/x`)
    await source?.close?.()
  })

  it('is stale after it was replaced, cut or grown, and not found after it was deleted', async () => {
    const replace = (): void => {
      writeFileSync(path('y'), CONTENT)
      renameSync(path('y'), path('x'))
    }
    const becomeFolder = (): void => {
      rmSync(path('x'))
      mkdirSync(path('x'))
    }
    const changes: [() => void, 'stale' | 'not-found'][] = [
      [replace, 'stale'],
      [() => writeFileSync(path('x'), CONTENT.subarray(0, 100)), 'stale'],
      [() => writeFileSync(path('x'), 'more', { flag: 'a' }), 'stale'],
      [() => rmSync(path('x')), 'not-found'],
      [becomeFolder, 'stale'],
    ]
    for (const [change, code] of changes) {
      rmSync(path('x'), { recursive: true, force: true })
      writeFileSync(path('x'), CONTENT)
      const source = await store.open('x', { head: 50 })
      change()
      await expectCode(source?.read(200, 300) as Promise<unknown>, code, `file://${folder}/x`)
      await source?.close?.()
    }
  })

  it('goes on when only its name in the folder was hard-linked or its mode changed', async () => {
    writeFileSync(path('x'), CONTENT)
    const source = await store.open('x')
    chmodSync(path('x'), 0o600)
    expectSame((await source?.read(0, 10)) as Uint8Array, CONTENT.subarray(0, 10))
    await source?.close?.()
  })

  it('keeps one file open, and none after close', async () => {
    writeFileSync(path('x'), CONTENT)
    const source = await store.open('x')
    const reads = Array.from({ length: 10 }, (_, i) => source?.read(i, i + 100))
    await Promise.all(reads)
    expect(openHere()).toBe(1)
    const last = source?.read(0, CONTENT.length)
    await source?.close?.()
    await source?.close?.()
    expectSame((await last) as Uint8Array, CONTENT)
    expect(openHere()).toBe(0)
    await expectCode(source?.read(0, 1) as Promise<unknown>, 'internal', 'is closed')
    await store.get('x')
    await store.info('x')
    expect(openHere()).toBe(0)
  })

  it('says that a folder, a pipe, or something under a file is no file', async () => {
    mkdirSync(path('d'))
    execFileSync('mkfifo', [path('pipe')])
    writeFileSync(path('f'), 'x')
    await expectCode(store.open('d'), 'invalid-input', `file://${folder}/d is a folder, expected a file`)
    await expectCode(store.info('d'), 'invalid-input', 'is a folder')
    await expectCode(store.open('pipe'), 'invalid-input', 'is a device, pipe or socket')
    await expectCode(store.put('d', CONTENT), 'invalid-input', 'is a folder')
    await expectCode(store.put('f/x', CONTENT), 'invalid-input', 'under something that is a file')
    expect(await store.open('f/x')).toBeUndefined()
    expect(readdirSync(folder).sort()).toEqual(['d', 'f', 'pipe'])
  })

  it('says what may not be read or written', async () => {
    writeFileSync(path('x'), CONTENT)
    chmodSync(path('x'), 0)
    chmodSync(folder, 0o555)
    await asNobody(async () => {
      await expectCode(store.open('x'), 'denied', `file://${folder}/x`)
      await expectCode(store.get('x'), 'denied', `file://${folder}/x`)
      await expectCode(store.put('y', CONTENT), 'denied', `file://${folder}/y`)
      await expectCode(store.delete('x'), 'denied', `file://${folder}/x`)
    })
    chmodSync(folder, 0o700)
    await asNobody(async () => {
      await expectCode(keys(), 'denied', `file://${folder}/`)
      await expectCode(store.info('x'), 'denied', `file://${folder}/x`)
    })
    expect(readdirSync(folder)).toEqual(['x'])
  })

  it('says that the disk is full, and leaves nothing', async () => {
    if (!existsSync('/dev/full')) return
    // What `write` says on a full disk, without one.
    const { fileError } = await import('../../src/store/file/errors.ts')
    let full: unknown
    try {
      writeFileSync('/dev/full', 'x')
    } catch (error) {
      full = error
    }
    expect(fileError(full, 'file:///x')).toMatchObject({
      code: 'unavailable',
      message: 'file:///x cannot be written: no space is left on its file system (ENOSPC)',
      details: { permanent: true },
    })
  })

  it.each(['../x', 'a/../../x', 'a//b', './x', 'a/.', 'a/', '.varve-1-f00.tmp'])(
    'refuses the name %s',
    async (key) => {
      await expectCode((async () => store.put(key, CONTENT))(), 'invalid-input', `file://${folder}/${key}`)
      await expectCode((async () => store.open(key))(), 'invalid-input')
      expect(readdirSync(folder)).toEqual([])
    },
  )

  it('lists links to files and folders, but not where they go round or nowhere, nor what it is writing', async () => {
    mkdirSync(path('a/b'), { recursive: true })
    mkdirSync(path('empty/deep'), { recursive: true })
    writeFileSync(path('a/b/x'), '1')
    writeFileSync(path('.hidden'), '2')
    writeFileSync(path('a/.varve-1-abc.tmp'), 'half')
    writeFileSync(path('a/.varve-abc.lock'), 'lock')
    symlinkSync('..', path('a/up'))
    symlinkSync('a/b', path('link'))
    symlinkSync('a/b/x', path('to-x'))
    symlinkSync('nowhere', path('broken'))
    symlinkSync('round', path('round'))
    expect(await keys()).toEqual(expect.arrayContaining(['.hidden', 'a/b/x', 'link/x', 'to-x']))
    expect((await keys()).filter((key) => /varve-|broken|round|empty/.test(key))).toEqual([])
    const level: string[] = []
    for await (const entry of store.list('', { delimiter: '/' }))
      level.push('key' in entry ? entry.key : entry.prefix)
    expect(level).toEqual(['.hidden', 'a/', 'link/', 'to-x'])
  })

  it('lists nothing of a folder that is not there, and nothing above itself', async () => {
    expect(await keys('none/')).toEqual([])
    expect(await keys('../')).toEqual([])
    store = openStore(path('not-yet'))
    expect(await keys()).toEqual([])
    await store.put('a/b', CONTENT)
    expect(await keys()).toEqual(['a/b'])
  })

  it('breaks the lock of a process that died, and waits for one that lives', async () => {
    writeFileSync(path('x'), 'old')
    const held = await store.put('x', CONTENT).then(() => readdirSync(folder))
    expect(held).toEqual(['x'])
    const { createHash } = await import('node:crypto')
    const lock = path(`.varve-${createHash('sha256').update('x').digest('hex').slice(0, 16)}.lock`)
    const gone = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim()
    writeFileSync(lock, `${hostname()} ${gone} f00`)
    expect(await store.put('x', CONTENT)).toBe('written')
    writeFileSync(lock, `${hostname()} ${process.pid} f00`)
    let done = false
    const waiting = store.put('x', CONTENT).then(() => (done = true))
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(done).toBe(false)
    rmSync(lock)
    await waiting
    expect(readdirSync(folder)).toEqual(['x'])
  })

  it('has one winner per round when several processes race', { timeout: 60_000 }, async () => {
    const outside = mkdtempSync(join(tmpdir(), 'varve-racer-'))
    const program = bundle(new URL('./racer.ts', import.meta.url), join(outside, 'racer.mjs'))
    try {
      const results = await Promise.all([1, 2, 3].map((n) => race(program, folder, n)))
      for (let round = 0; round < 20; round++) {
        const absent = results.filter(({ created }) => created.includes(round))
        expect(absent).toHaveLength(1)
      }
      // Every increment that was reported as written is in the counter.
      const written = results.reduce((sum, { increments }) => sum + increments, 0)
      expect(Number(readFileSync(path('counter'), 'utf8'))).toBe(written)
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([])
    } finally {
      rmSync(outside, { recursive: true })
    }
  })
})

function race(
  program: string,
  folder: string,
  n: number,
): Promise<{ created: number[]; increments: number }> {
  return new Promise((resolve, reject) => {
    const child = fork(program, [folder, String(n)], { execArgv: [] })
    child.once('message', (message) => resolve(message as { created: number[]; increments: number }))
    child.once('exit', (code) => reject(new Error(`the racer ended with ${code} and no result`)))
  })
}
