import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  createDecoder,
  detectContainer,
  findBgzfBlock,
  resumeDecoder,
} from '../../../src/formats/gzip/index.ts'
import { decode, type Rhythm } from './helpers.ts'

const DATA = join(import.meta.dirname, '../../../../shared/data')

function files(): string[] {
  if (!existsSync(DATA)) {
    if (process.env.CI === 'true') throw new Error(`the real files are missing: ${DATA}`)
    console.warn(`SKIPPED: no real files in ${DATA}`)
    return []
  }
  const all = readdirSync(DATA, { recursive: true, encoding: 'utf8' })
  return all.filter((path) => /\.(gz|bgz|bam|tgz)$/.test(path)).sort()
}

const installed = (tool: string) => spawnSync(tool, ['--version']).status === 0

function output(tool: string, path: string): Buffer {
  const { stdout, status } = spawnSync(tool, ['-dc', path], { maxBuffer: 1 << 28 })
  expect(status).toBe(0)
  return stdout
}

const SMALL: Rhythm = { feeds: [333, 5000], windows: [77, 10_000] }

const FILES = files()

test.skipIf(FILES.length === 0)('there are real files of both kinds', () => {
  const kinds = FILES.map((path) => detectContainer(readFileSync(join(DATA, path)).subarray(0, 64)))
  expect(kinds.filter((kind) => kind === 'gzip').length).toBeGreaterThan(5)
  expect(kinds.filter((kind) => kind === 'bgzf').length).toBeGreaterThan(5)
})

describe.each(FILES)('%s', (path) => {
  const bytes = readFileSync(join(DATA, path))
  const container = detectContainer(bytes.subarray(0, 64))
  const options = { points: { floor: 500, share: 1e9 } }

  test('decodes to what the reference tools say', () => {
    expect(container).not.toBe('plain')
    const { raw, error } = decode(createDecoder(container, options), bytes, SMALL)
    expect(error).toBeUndefined()
    expect(gunzipSync(bytes).equals(raw)).toBe(true)
    for (const tool of container === 'bgzf' ? ['gzip', 'bgzip'] : ['gzip']) {
      if (installed(tool)) expect(output(tool, join(DATA, path)).equals(raw)).toBe(true)
    }
  })

  test('resumes at its points, and at its blocks', () => {
    const { raw, points } = decode(createDecoder(container, options), bytes)
    for (const point of points.filter((_, i) => i % Math.ceil(points.length / 20) === 0)) {
      const rest = decode(resumeDecoder(container, point), bytes.subarray(point.source))
      expect(rest.error).toBeUndefined()
      expect(rest.raw.equals(raw.subarray(point.raw))).toBe(true)
    }
    if (container !== 'bgzf') return
    const middle = findBgzfBlock(bytes, bytes.length >> 1)
    const point = { source: middle, bits: 0, raw: 0, window: new Uint8Array(0) }
    const rest = decode(resumeDecoder('bgzf', point), bytes.subarray(middle)).raw
    expect(raw.subarray(raw.length - rest.length).equals(rest)).toBe(true)
    expect(decode(createDecoder('bgzf'), bytes.subarray(0, middle)).raw.length).toBe(raw.length - rest.length)
  })
})
