import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../servers/bundle.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'

describe('VARVE_TRACE', () => {
  let minio: Minio
  let proxy: FaultProxy
  const folder = mkdtempSync(join(tmpdir(), 'varve-trace-'))
  const program = join(folder, 'traced.mjs')

  beforeAll(async () => {
    minio = await startMinio()
    proxy = await startFaultProxy(minio.endpoint)
    bundle(new URL('./traced.ts', import.meta.url), program)
  })
  afterAll(async () => {
    await proxy?.stop()
    await minio?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function run(
    url: string,
    trace: string,
  ): Promise<{ lines: Record<string, unknown>[]; stderr: string; meter: unknown }> {
    return new Promise((resolve) => {
      const env = { ...process.env, ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint, VARVE_TRACE: trace }
      const child = spawn(process.execPath, [program, url], { env, cwd: folder })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (chunk) => (stdout += chunk))
      child.stderr.on('data', (chunk) => (stderr += chunk))
      child.once('close', () => {
        const lines = stderr.split('\n').filter((line) => line.startsWith('varve-trace '))
        resolve({ lines: lines.map((line) => JSON.parse(line.slice(12))), stderr, meter: JSON.parse(stdout) })
      })
    })
  }

  it('prints one line per request, of every thread, retries included, and no secret', async () => {
    const url = `s3://${minio.bucket()}/`
    proxy.inject({ kind: 'status', status: 503, code: 'SlowDown', method: 'GET', path: /key/ })
    const { lines, stderr, meter } = await run(url, '1')
    const ms = expect.any(Number)
    const uri = `${url}a key%.txt`
    expect(lines).toEqual([
      { op: 'PUT', uri, range: null, status: 200, bytes: 1000, ms },
      { op: 'PUT', uri, range: null, status: 412, bytes: 5, ms },
      { op: 'GET', uri, range: '0-99', status: 503, bytes: expect.any(Number), ms },
      { op: 'GET', uri, range: '0-99', status: 206, bytes: 100, ms },
      { op: 'GET', uri, range: '100-199', status: 206, bytes: 100, ms },
      { op: 'HEAD', uri, range: null, status: 200, bytes: 0, ms },
      { op: 'COPY', uri: `${url}copy`, range: null, status: 200, bytes: expect.any(Number), ms },
      { op: 'LIST', uri: `${url}a`, range: null, status: 200, bytes: expect.any(Number), ms },
      { op: 'GET', uri: `${url}none`, range: null, status: 404, bytes: expect.any(Number), ms },
      { op: 'DELETE', uri, range: null, status: 204, bytes: 0, ms },
      // The other thread.
      { op: 'GET', uri: `${url}copy`, range: null, status: 200, bytes: 1000, ms },
    ])
    expect(Object.keys(lines[0] ?? {})).toEqual(['op', 'uri', 'range', 'status', 'bytes', 'ms'])
    expect(meter).toEqual({ requests: 11, bytes: lines.reduce((sum, line) => sum + Number(line.bytes), 0) })
    // Nothing else: no farewell of the SDK to this node version, no key.
    expect(stderr.split('\n').filter((line) => !line.startsWith('varve-trace '))).toEqual([''])
    expect(stderr).not.toMatch(/secret|Signature|varve-test-secret/)
  })

  it('traces files in the same words', async () => {
    const { lines } = await run(`file://${folder}/data/`, '1')
    expect(lines.map(({ op, range, status }) => [op, range, status])).toEqual([
      ['PUT', null, 200],
      ['PUT', null, 412],
      ['GET', '0-99', 206],
      ['GET', '100-199', 206],
      ['HEAD', null, 200],
      ['COPY', null, 200],
      ['LIST', null, 200],
      ['GET', null, 404],
      ['DELETE', null, 204],
      ['GET', '0-999', 206],
    ])
  })

  it('prints nothing unless it is asked', async () => {
    expect((await run(`s3://${minio.bucket()}/`, '')).stderr).toBe('')
  })
})
