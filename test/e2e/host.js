/**
 * A process that runs commands one after the other, each as a process of its own would see it: its arguments,
 * environment, folder, input and output. `hosted.ts` starts it and tells it what to run.
 *
 * The program is dist/main.js, as it is. Each command evaluates every module of it anew, so that no store, cache or
 * setting that one command left in a module is there for the next; the threads it starts are new ones in any case.
 * What stays is what node has compiled, which is why this exists: most of a short command is the start of a process.
 */
import { EventEmitter } from 'node:events'
import { fstatSync, readFileSync, readSync } from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'

const MAIN = new URL('../../dist/main.js', import.meta.url).href

const real = process

/** @type {Map<string, { text: string, cachedData?: Buffer }>} */
const sources = new Map()

/**
 * The text of a module, and once it was compiled, that. Node refuses compiled code that imports at run time by the
 * keyword, so it asks `import.meta` to do it.
 * @param {string} url
 */
function sourceOf(url) {
  let source = sources.get(url)
  if (source === undefined) {
    const text = readFileSync(fileURLToPath(url), 'utf8')
    source = { text: text.replace(/\bimport\((?=")/g, 'import.meta.load(') }
    sources.set(url, source)
  }
  return source
}

/** The modules of one command, all of them its own but node's. */
class Modules {
  /** @type {Map<string, vm.Module | Promise<vm.Module>>} */
  #made = new Map()

  /** One after the other: two that are linked at once may share a module. */
  #linked = Promise.resolve()

  /** @param {string} url */
  async load(url) {
    const module = await this.#find(url)
    this.#linked = this.#linked.then(async () => {
      if (module.status !== 'unlinked') return
      await module.link((name, { identifier }) => this.#from(name, identifier))
    })
    await this.#linked
    await module.evaluate()
    return module
  }

  /** @param {string} name @param {string} importer */
  #from(name, importer) {
    return this.#find(name.startsWith('.') ? new URL(name, importer).href : name)
  }

  /** @param {string} url */
  #find(url) {
    const known = this.#made.get(url)
    if (known !== undefined) return known
    const made = url.startsWith('file:') ? this.#own(url) : outside(url)
    this.#made.set(url, made)
    return made
  }

  /** @param {string} url */
  #own(url) {
    const source = sourceOf(url)
    const module = new vm.SourceTextModule(source.text, {
      identifier: url,
      ...(source.cachedData && { cachedData: source.cachedData }),
      initializeImportMeta: (meta) => {
        meta.url = url
        meta.load = async (name) =>
          name.startsWith('.') ? (await this.load(new URL(name, url).href)).namespace : import(name)
      },
    })
    source.cachedData ??= module.createCachedData()
    return module
  }
}

/** A module of node. @param {string} name */
async function outside(name) {
  const namespace = await import(name)
  const names = Object.keys(namespace)
  const module = new vm.SyntheticModule(
    names,
    () => {
      for (const each of names) module.setExport(each, namespace[each])
    },
    { identifier: name },
  )
  return module
}

/** @param {Buffer[]} pieces */
const sink = (pieces) =>
  new Writable({
    write(piece, _, done) {
      pieces.push(Buffer.from(piece))
      done()
    },
  })

/** What was written to the descriptor itself since it had this size: traces, warnings of node. It is a file here. */
function writtenAside(size) {
  const bytes = Buffer.alloc(fstatSync(2).size - size)
  readSync(2, bytes, 0, bytes.length, size)
  return bytes
}

/** What threads and node itself read is the environment of this process, so that is what changes. */
function changePlace(env, cwd) {
  for (const name of Object.keys(real.env)) if (!(name in env)) delete real.env[name]
  Object.assign(real.env, env)
  real.chdir(cwd)
}

/** @param {{ argv: string[], env: Record<string, string>, cwd: string, stdin: string | Uint8Array }} command */
async function run({ argv, env, cwd, stdin }) {
  changePlace(env, cwd)
  const out = []
  const err = []
  const { size } = fstatSync(2)
  const own = new EventEmitter()
  const input = new PassThrough()
  input.end(stdin)
  const code = await new Promise((resolve, reject) => {
    const values = {
      argv: [real.argv[0], fileURLToPath(MAIN), ...argv],
      stdin: input,
      stdout: sink(out),
      stderr: sink(err),
      exitCode: undefined,
      exit: (given) => resolve(given ?? globalThis.process.exitCode ?? 0),
      // Listeners of a command end with it.
      ...Object.fromEntries(
        ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'emit'].map((name) => [
          name,
          own[name].bind(own),
        ]),
      ),
    }
    globalThis.process = Object.create(
      real,
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { value, writable: true, enumerable: true }]),
      ),
    )
    new Modules().load(MAIN).catch(reject)
  }).finally(() => {
    globalThis.process = real
  })
  err.push(writtenAside(size))
  return { code, signal: null, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

real.on('message', (command) => {
  run(command).then(
    (ended) => real.send({ ended }),
    (error) => real.send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
real.on('disconnect', () => real.exit())
