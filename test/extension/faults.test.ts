/** What goes wrong around the engine and DuckDB: each with a sentence that says what to do, and the next query works. */

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ANSWER, FrameWriter } from '../../src/bridge/wire.ts'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'
import { type Answer, binaryOf, makeSetting, ROOT, type Setting, TOOLS, VERSIONS } from './support.ts'

let setting: Setting
let fastq: string
beforeAll(() => {
  setting = makeSetting()
  fastq = setting.file('reads.fastq', fastqFile(manyReads(20_000, 7)).raw)
}, 240_000)
afterAll(() => setting.close())

/** A folder as the engine's socket wants it, and a socket in it that nobody has made yet. */
function place(name: string, mode = 0o700): string {
  mkdirSync(join(setting.folder, name), { mode })
  chmodSync(join(setting.folder, name), mode)
  return join(setting.folder, name, 'e.sock')
}

describe.each(VERSIONS)('in DuckDB %s', (version) => {
  const count = (): string => `select count(*) from read_fastq('${fastq}')`
  const python: Setting['python'] = (steps, options) => setting.python(steps, { version, ...options })

  it('a wrong argument is answered in the words of the engine', async () => {
    const csv = setting.file('t.csv', 'a,b\n1,x\n')
    const bad = setting.file('bad.fastq', '@a\nACGT\n+\n!!!\n')
    const [missing, option, broken, none] = await python([
      `from read_fastq('${setting.folder}/nope.fastq')`,
      `from varve_read_csv('${csv}', quote := 'too long')`,
      `from read_fastq('${bad}')`,
      `from read_fastq()`,
    ])
    expect(missing!.error).toContain(`${setting.folder}/nope.fastq does not exist`)
    expect(option!.error).toMatch(/csv: .*quote/)
    expect(broken!.error).toMatch(/bad\.fastq @ byte/)
    expect(none!.error).toContain('read_fastq')
  })

  it('paths with quotes, backslashes, control characters and other alphabets are found', async () => {
    const names = [
      `it's "odd".csv`,
      'tab\t and\nline.csv',
      'back\\slash\\u0041.csv',
      '\u0001\u001f\u007f é日🧬.csv',
    ]
    for (const name of names) setting.file(name, `a\n${name.length}\n`)
    const literal = (name: string): string =>
      [...name].map((one) => `chr(${one.codePointAt(0)})`).join(' || ')
    const answers = await python(names.map((name) => `from varve_read_csv(${literal(name)})`))
    expect(answers).toEqual(names.map((name) => ({ rows: [[String(name.length)]] })))
    const [missing] = await python([`from varve_read_csv('no\n"such'' file.csv')`])
    expect(missing!.error).toContain(`no\n"such' file.csv does not exist`)
  })

  it('three queries at once, prepared ones, and queries of a forked child are answered', async () => {
    const sql = `select count(*), sum(record) from '${fastq}'`
    const all = { rows: [['20000', '199990000']] }
    const [three, forked, again, , first, second] = await python([
      { sql, threads: 3 },
      { sql, fork: true },
      sql,
      `prepare p as select record from '${fastq}' where record = $1`,
      'execute p(7)',
      'execute p(19999)',
    ])
    expect(three!.answers).toEqual([all, all, all])
    expect(forked).toEqual(all)
    expect(again).toEqual(all)
    expect([first!.rows, second!.rows]).toEqual([[['7']], [['19999']]])
  })

  it('an engine that is killed in a scan is an error, and the next query has a new one', async () => {
    const copies = Array(20).fill(`'${fastq}'`).join(', ')
    let asked = 0
    const [first, killed, last] = await python(
      [count(), `select sum(length(repeat(sequence, 400))) from read_fastq([${copies}])`, count()],
      {
        each: () => {
          if (asked++ === 0) setTimeout(() => process.kill(setting.enginePid(), 'SIGKILL'), 250)
        },
      },
    )
    expect(first).toEqual({ rows: [['20000']] })
    expect(killed!.error).toContain('the engine has gone away; run the query again')
    expect(last).toEqual({ rows: [['20000']] })
  })

  it('a statement that was prepared runs when its engine has ended meanwhile', async () => {
    let asked = 0
    const steps = [`prepare p as ${count()}`, { sql: 'execute p', pause: 1 }, count()]
    const answers = await python(steps, {
      each: () => {
        if (asked++ === 0) process.kill(setting.enginePid(), 'SIGKILL')
      },
    })
    expect(answers.slice(1)).toEqual([{ rows: [['20000']] }, { rows: [['20000']] }])
  })

  it('without an engine, what to install is said', async () => {
    const env = {
      VARVE_PROGRAM: '',
      VARVE_ENGINE: join(setting.folder, 'none/engine.sock'),
      PATH: '/nowhere',
    }
    const [none] = await python(['from datasets()'], { env })
    expect(none!.error).toContain('install varve')
    expect(none!.error).toContain('SET varve_engine')
    expect(existsSync(join(setting.folder, 'none'))).toBe(false)
  })

  it('a program that is no engine is named, with what it said', async () => {
    const env = {
      VARVE_PROGRAM: '/bin/echo hello',
      VARVE_ENGINE: join(setting.folder, `echo ${version}/e.sock`),
    }
    const [none] = await python(['from datasets()'], { env })
    expect(none!.error).toContain('started as "/bin/echo hello", has ended: hello engine --socket')
    expect(readFileSync(join(setting.folder, `echo ${version}/engine.log`), 'utf8')).toContain('hello engine')
  })

  it('a socket that a dead engine left is taken over', async () => {
    const socket = place(`stale ${version}`)
    const make = 'import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])'
    execFileSync('python3', ['-c', make, socket])
    const before = setting.engines()
    const [found] = await python([count()], { env: { VARVE_ENGINE: socket } })
    expect(found).toEqual({ rows: [['20000']] })
    expect(setting.engines()).toBe(before + 1)
  })

  it('a socket that others could reach is refused', async () => {
    const socket = place(`open ${version}`, 0o755)
    const [refused] = await python(['from datasets()'], { env: { VARVE_ENGINE: socket } })
    expect(refused!.error).toContain('which others can enter (mode 755), expected 700')
  })

  it("another user's socket is refused", async ({ skip }) => {
    if (process.getuid?.() !== 0) {
      if (process.env.CI) throw new Error('no permission to give a folder to another user')
      console.warn("SKIPPED: another user's socket: no permission to give a folder away")
      return skip()
    }
    const socket = place(`other ${version}`)
    chownSync(join(socket, '..'), 65534, 65534)
    const [refused] = await python(['from datasets()'], { env: { VARVE_ENGINE: socket } })
    expect(refused!.error).toContain('which belongs to user 65534, expected 0')
  })

  it('full shared memory is an error that says so, and leaves nothing', async ({ skip }) => {
    const small = join(setting.folder, `shm ${version}`)
    mkdirSync(small)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', small], { stdio: 'ignore' })
    } catch {
      if (process.env.CI) throw new Error('no permission to mount a small file system')
      console.warn('SKIPPED: full shared memory: no permission to mount a small file system')
      return skip()
    }
    const socket = place(`full ${version}`)
    try {
      const env = { VARVE_SHM: small, VARVE_ENGINE: socket }
      const [full, little] = await python(
        [
          `select sum(length(sequence || quality)) from '${fastq}'`,
          `select max(record) from read_fastq('${fastq}')`,
        ],
        { env },
      )
      expect(full!.error).toMatch(/is full \(\d+ bytes left\): free some, or set VARVE_SHM/)
      expect(little).toEqual({ rows: [['19999']] })
      expect(readdirSync(small)).toEqual([])
    } finally {
      process.kill(setting.enginePid(socket))
      execFileSync('umount', ['--lazy', small])
    }
  })

  it('LOAD where external access is off is refused by DuckDB', async () => {
    const config = { allow_unsigned_extensions: 'true', enable_external_access: 'false' }
    const [refused] = await python([], { config })
    expect(refused!.error).toMatch(/disabled/)
  })

  it('an order is kept with several threads, and a scan that ends early ends the fetch', async () => {
    const [, all, few, last] = await python([
      'set threads = 4',
      `select record from '${fastq}'`,
      `select record from '${fastq}' limit 2`,
      count(),
    ])
    expect(all!.rows!.map(([record]) => Number(record))).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
    expect(few!.rows).toEqual([['0'], ['1']])
    expect(last).toEqual({ rows: [['20000']] })
  })
})

describe('an engine that', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
  })

  /** One that answers every client with the same bytes, or not at all. */
  async function fake(name: string, answer: Buffer): Promise<string> {
    const socket = place(name)
    const server = createServer((client) => {
      client.on('error', () => undefined)
      client.write(answer)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    return socket
  }
  const said = async (socket: string): Promise<Answer[]> => {
    const answers = await Promise.all(
      VERSIONS.map((version) =>
        setting.python(['from datasets()'], { version, env: { VARVE_ENGINE: socket } }),
      ),
    )
    return answers.flat()
  }

  it('is of another version says what to update', async () => {
    const words =
      'bridge: duckdb_varve 0.1.0 speaks protocol 1, the engine of varve 9 protocol 2; update duckdb_varve'
    const refusal = new FrameWriter(ANSWER.error).u32(0).text('unsupported').text(words).finish()
    for (const { error } of await said(await fake('newer', refusal))) expect(error).toContain(words)
  })

  it('welcomes with another protocol is refused', async () => {
    const welcome = new FrameWriter(ANSWER.welcome).u32(7).text('9.9').finish()
    for (const { error } of await said(await fake('strange', welcome)))
      expect(error).toContain('speaks protocol 1, the engine of varve 9.9 protocol 7; update the older one')
  })

  it('sends what is no answer is left', async () => {
    for (const { error } of await said(await fake('http', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))))
      expect(error).toContain('sent what is no answer')
  })
})

describe('a DuckDB of another version', () => {
  it('is named by DuckDB, with the version that the file is for', async () => {
    const [older] = await setting.python([], { version: '1.5.6', load: [`load '${binaryOf('2.0.0')}'`] })
    expect(older!.error).toMatch(/v2\.0\.0/)
    const source = join(TOOLS, 'v2.0.0/varve.duckdb_extension')
    const code = readFileSync(source).subarray(0, -534)
    const bare = setting.file('bare.so', code)
    const other = join(setting.folder, 'varve.duckdb_extension')
    const footer = [join(ROOT, 'extension/footer.py'), bare, other]
    execFileSync('python3', [...footer, 'C_STRUCT_UNSTABLE', 'v0.1.0', 'v2.0.1', 'linux_amd64'])
    const [newer] = await setting.python([], { load: [`load '${other}'`] })
    expect(newer!.error).toMatch(/v2\.0\.1/)
    rmSync(other)
  })

  it('2.0 takes the binary of the stable API, too', async () => {
    const [found] = await setting.python([`select count(*) from '${fastq}'`], {
      load: [`load '${binaryOf('1.5.6')}'`],
    })
    expect(found).toEqual({ rows: [['20000']] })
  })
})

describe('only DuckDB 2.0', () => {
  it('lets a WHERE prune', async () => {
    const from = `from read_fastq('${fastq}')`
    execFileSync(setting.program, ['index', fastq], {
      env: { ...process.env, ...setting.env },
      stdio: 'ignore',
    })
    const [all, some] = await setting.python([
      { sql: `select sum(length(id)) ${from}`, scanned: true },
      { sql: `select sum(length(id)) ${from} where record > 19990 and record < 20000`, scanned: true },
    ])
    expect(all!.scanned).toEqual([20_000])
    expect(some!.scanned![0]).toBeGreaterThanOrEqual(9)
    expect(some!.scanned![0]).toBeLessThan(20_000)
  })

  it('reads nothing once external access is off', async () => {
    const [, refused] = await setting.python([
      'set enable_external_access = false',
      `from read_fastq('${fastq}')`,
    ])
    expect(refused!.error).toContain('cannot be read, as enable_external_access is off')
  })

  it('has settings for the lake and the engine', async () => {
    execFileSync(setting.program, ['init', setting.lake], { stdio: 'ignore' })
    const env = { VARVE_PROGRAM: '', VARVE_LAKE: '', VARVE_ENGINE: join(setting.folder, 'set/engine.sock') }
    const set = [`set varve_engine = '${setting.program}'`, `set varve_lake = '${setting.lake}'`]
    const [, , datasets] = await setting.python([...set, 'select name from datasets()'], { env })
    expect(datasets).toEqual({ rows: [] })
  })

  it('installs it from a signed repository, without allow_unsigned_extensions', async () => {
    const key = readFileSync(join(TOOLS, 'key.pub.pem'), 'utf8')
    const [found] = await setting.python([`select count(*) from '${fastq}'`], {
      // DuckDB keeps repositories and extensions in the home folder.
      env: { HOME: setting.folder },
      config: {},
      load: [
        `set allow_extension_repositories = 'allowed'`,
        `create extension repository varve with prefix '${join(TOOLS, 'repository')}' using public key '${key}'`,
        `install varve from varve`,
        `load varve from varve`,
      ],
    })
    expect(found).toEqual({ rows: [['20000']] })
  })
})
