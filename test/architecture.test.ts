/** DESIGN §2: dependencies point left only, and each outside package has one home. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The parts of src and what each may import, itself aside. A new folder needs a line here. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  threads: ['errors'],
  bytes: ['errors'],
  store: ['errors', 'bytes'],
  formats: ['errors', 'bytes'],
  index: ['errors', 'bytes', 'store', 'formats'],
  scan: ['errors', 'threads', 'bytes', 'store', 'formats', 'index'],
  lake: ['errors', 'bytes', 'store', 'formats'],
  catalog: ['errors', 'bytes', 'store', 'formats', 'index', 'scan', 'lake'],
  bridge: ['errors', 'formats', 'scan'],
  mount: ['errors', 'threads', 'bytes', 'store', 'formats', 'index', 'scan', 'lake', 'catalog'],
  engine: ['errors', 'threads', 'bytes', 'store', 'formats', 'index', 'scan'],
  library: [
    'errors',
    'threads',
    'bytes',
    'store',
    'lake',
    'formats',
    'index',
    'scan',
    'catalog',
    'mount',
    'bridge',
    'engine',
  ],
  // The command line sees types of what lies left of the library, and no more of it than its verbs.
  cli: ['errors', 'formats', 'scan', 'engine', 'library', 'fixtures'],
  'index.ts': ['errors', 'library'],
  'main.ts': ['cli', 'engine', 'library'],
}

/** Where each outside package may be imported. */
const HOMES: readonly (readonly [pattern: RegExp, homes: readonly string[]])[] = [
  [/^@duckdb\//, ['engine']],
  [/^@(aws-sdk|smithy)\//, ['store']],
  [/^apache-arrow$/, ['library', 'cli/render']],
  [/^hyparquet/, ['index', 'formats/parquet', 'lake']],
  [/^(commander|cli-progress)$/, ['cli']],
  [/^tar-stream$/, ['lake/exchange']],
  [/^picomatch$/, ['store', 'lake']],
  [/^ajv/, ['lake/table']],
  [/^(dicom-parser|exifreader|image-size|nifti-reader-js)$/, ['lake/ingest/heads']],
  [/^fuse-native$/, ['mount']],
  [/^zstddec$/, ['formats/geotiff/codecs', 'formats/parquet/codecs']],
  [/^(@jsquash\/webp|lerc)(\/|$)/, ['formats/geotiff/codecs']],
  [/^sax$/, ['formats/imzml/xml']],
  [/^zod$/, ['bytes', 'store', 'lake', 'index', 'scan', 'engine', 'bridge', 'library', 'cli']],
]

/** Parts that run anywhere: no file system, no threads. */
const PURE = ['formats']

interface Import {
  readonly from: string
  readonly to: string
}

const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(join(root, 'src'), join(entry.parentPath, entry.name)))

const imports = files.flatMap(importsOf)

/** Type imports too: a type is knowledge of the other part as well. */
function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, 'src', file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const patterns = [
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
  ]
  return patterns.flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => ({ from: file, to: match[1]! })),
  )
}

/** The part that a path of src belongs to: its first folder, or a file's own name. */
function partOf(path: string): string {
  const [first = ''] = path.split('/')
  return first in ALLOWED ? first : first.replace(/\.ts$/, '')
}

const isRelative = (specifier: string): boolean => specifier.startsWith('.')

const isNode = (specifier: string): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier)

test('reads the imports', () => {
  expect(files.length).toBeGreaterThan(20)
  expect(imports.length).toBeGreaterThan(files.length)
  expect(imports).toContainEqual({ from: 'cli/run.ts', to: 'commander' })
  expect(imports).toContainEqual({ from: 'cli/program.ts', to: './commands/sql.ts' })
})

test('every part is known', () => {
  const unknown = files.filter((file) => ALLOWED[partOf(file)] === undefined)
  expect(unknown).toEqual([])
})

test('dependencies point left', () => {
  const wrong = imports
    .filter(({ to }) => isRelative(to))
    .filter(({ from, to }) => {
      const target = relative(root, join(root, 'src', dirname(from), to))
      const part = target.startsWith('src/') ? partOf(target.slice(4)) : target.split('/')[0]!
      const own = partOf(from)
      return part !== own && !ALLOWED[own]?.includes(part)
    })
  expect(wrong).toEqual([])
})

test('every outside package has one home', () => {
  const wrong = imports
    .filter(({ to }) => !isRelative(to) && !isNode(to))
    .filter(({ from, to }) => {
      const homes = HOMES.find(([pattern]) => pattern.test(to))?.[1] ?? []
      return !homes.some((home) => from.startsWith(`${home}/`))
    })
  expect(wrong).toEqual([])
})

test("node's own modules are imported as node:", () => {
  expect(imports.filter(({ to }) => builtinModules.includes(to))).toEqual([])
})

test('formats are pure', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      PURE.includes(partOf(from)) && /^node:(fs|http|net|worker_threads|child_process)/.test(to),
  )
  expect(wrong).toEqual([])
})

test('heavy packages are loaded only by what needs them', () => {
  const reachable = staticallyReachable('main.ts')
  const heavy = imports.filter(
    ({ from, to }) => reachable.has(from) && /^(@|apache-arrow|hyparquet|cli-progress)/.test(to),
  )
  expect(heavy).toEqual([])
})

test('zod is imported as a namespace: of its `z` the bundler keeps all, 0.4 MiB of other languages too', () => {
  const clauses = files.flatMap((file) =>
    [...readFileSync(join(root, 'src', file), 'utf8').matchAll(/^import .* from 'zod'$/gm)].map(
      ([clause]) => ({
        file,
        clause,
      }),
    ),
  )
  expect(clauses.length).toBeGreaterThan(5)
  expect(clauses.filter(({ clause }) => !/^import (type )?\* as z from/.test(clause))).toEqual([])
})

/** Files that starting the program reads: the closure of the imports that are neither dynamic nor of types. */
function staticallyReachable(entry: string): Set<string> {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(join(root, 'src', file))) return
    seen.add(file)
    const source = readFileSync(join(root, 'src', file), 'utf8')
    for (const match of source.matchAll(
      /(?:^|\n)(?:import|export)\s+(?!type\b)[^'"`;]*?\bfrom\s*['"](\.[^'"]+)['"]/g,
    ))
      visit(relative(join(root, 'src'), join(root, 'src', dirname(file), match[1]!)))
  }
  visit(entry)
  return seen
}

test('no file is longer than 400 lines', () => {
  const long = files
    .map((file) => [file, readFileSync(join(root, 'src', file), 'utf8').split('\n').length - 1] as const)
    .filter(([, lines]) => lines > 400)
  expect(long).toEqual([])
})

describe('dependencies', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const names = Object.keys(manifest.dependencies).sort()

  test('are all used, and nothing else is', () => {
    const used = new Set(
      imports.filter(({ to }) => !isRelative(to) && !isNode(to)).map(({ to }) => packageOf(to)),
    )
    expect([...used].sort()).toEqual(names)
  })

  test('stand in the README with their reasons', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const section = /^#+ Dependencies\b[\s\S]*?(?=^#+ |(?![\s\S]))/m.exec(readme)?.[0] ?? ''
    const listed = [...section.matchAll(/^\|\s*`([^`]+)`/gm)].map((match) => match[1]!)
    expect(listed.sort()).toEqual(names)
  })
})

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
