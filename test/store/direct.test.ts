import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseHead } from '../../src/store/s3/answer-head.ts'
import { DirectClient } from '../../src/store/s3/direct.ts'

const BODY = Buffer.from('the body of the answer')
const answer = (length: number, more = ''): string =>
  `HTTP/1.1 206 Partial Content\r\nContent-Length: ${length}\r\n${more}\r\n`

/** Gives each request of each connection to `reply`, which writes what it likes. */
let reply: (socket: Socket, request: string) => void
let server: Server
let client: DirectClient
let connections: Socket[]

beforeEach(async () => {
  connections = []
  client = new DirectClient(300)
  server = createServer((socket) => {
    connections.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (text) => {
      for (const request of text.toString().split('\r\n\r\n').slice(0, -1)) reply(socket, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  client.destroy()
  for (const socket of connections) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

/** Not `once`, which fails on the reset that a connection may end with. */
const closed = (socket: Socket): Promise<void> | void =>
  socket.destroyed ? undefined : new Promise((resolve) => socket.once('close', () => resolve()))

function get(target: Uint8Array, signal?: AbortSignal) {
  const { port } = server.address() as AddressInfo
  const events = { accept: () => target, progress: () => undefined, silent: () => new Error('silent') }
  return client.get({ host: '127.0.0.1', port, path: '/b/k?x=1', headers: { host: 'h' } }, events, signal)
}

describe('a GET past node:http', () => {
  test('fills the memory that it was given, however the answer is cut', async () => {
    const whole = Buffer.concat([Buffer.from(answer(BODY.length, 'ETag: "e"\r\n')), BODY])
    for (const step of [1, 7, whole.length]) {
      reply = async (socket) => {
        for (let at = 0; at < whole.length; at += step) {
          socket.write(whole.subarray(at, at + step))
          await pause(0)
        }
      }
      const target = Buffer.alloc(BODY.length)
      const head = await get(target)
      expect(head).toMatchObject({ status: 206, headers: { etag: '"e"' } })
      expect(target.toString()).toBe(BODY.toString())
    }
    expect(connections.length).toBe(1)
  })

  test('sends a request line and headers, and keeps its connection for the next one', async () => {
    const requests: string[] = []
    reply = (socket, request) => {
      requests.push(request)
      socket.write(`${answer(2)}ok`)
    }
    await get(Buffer.alloc(2))
    await get(Buffer.alloc(2))
    expect(requests).toEqual(Array(2).fill('GET /b/k?x=1 HTTP/1.1\r\nhost: h\r\nconnection: keep-alive'))
    expect(connections.length).toBe(1)
  })

  test('uses no connection again that the server wants to close', async () => {
    reply = (socket) => socket.write(`${answer(2, 'Connection: close\r\n')}ok`)
    await get(Buffer.alloc(2))
    await get(Buffer.alloc(2))
    expect(connections.length).toBe(2)
  })

  test.each([
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\nok'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['another length', `${answer(3)}okk`],
    ['more than it said', `${answer(2)}okay`],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`],
  ])('leaves %s to node:http, and the connection with it', async (_, text) => {
    reply = (socket) => socket.write(text)
    expect(await get(Buffer.alloc(2))).toBeUndefined()
    reply = (socket) => socket.write(`${answer(2)}ok`)
    expect(await get(Buffer.alloc(2))).toMatchObject({ status: 206 })
    expect(connections.length).toBe(2)
  })

  test('a server that closes, or is silent, is an error', async () => {
    reply = (socket) => socket.end(`${answer(9)}half`)
    await expect(get(Buffer.alloc(9))).rejects.toMatchObject({ code: 'ECONNRESET' })
    reply = (socket) => socket.write(`${answer(9)}half`)
    await expect(get(Buffer.alloc(9))).rejects.toThrow('silent')
  })

  test('cancelling stops the bytes', async () => {
    const abort = new AbortController()
    reply = (socket) => {
      socket.write(`${answer(9)}half`)
      abort.abort(new Error('enough'))
    }
    const target = Buffer.alloc(9)
    await expect(get(target, abort.signal)).rejects.toThrow('enough')
    await closed(connections[0]!)
  })

  test('takes an error of whoever looks at the answer, and asks for nothing more', async () => {
    reply = (socket) => socket.write(`${answer(2)}ok`)
    const { port } = server.address() as AddressInfo
    const accept = (): never => {
      throw new Error('not this one')
    }
    const events = { accept, progress: () => undefined, silent: () => new Error('silent') }
    const request = { host: '127.0.0.1', port, path: '/', headers: {} }
    await expect(client.get(request, events, undefined)).rejects.toThrow('not this one')
    await closed(connections[0]!)
  })

  test('has no more than 64 connections; who waits for one is served, or gives up', async () => {
    const held: Socket[] = []
    reply = (socket) => held.push(socket)
    const targets = Array.from({ length: 100 }, () => Buffer.alloc(2))
    const all = targets.map((target) => get(target))
    const abort = new AbortController()
    const given = get(Buffer.alloc(2), abort.signal)
    abort.abort(new Error('too long'))
    await expect(given).rejects.toThrow('too long')
    while (held.length < 64) await pause(5)
    reply = (socket) => socket.write(`${answer(2)}ok`)
    for (const socket of held) socket.write(`${answer(2)}ok`)
    await Promise.all(all)
    expect(connections.length).toBe(64)
    expect(targets.every((target) => target.toString() === 'ok')).toBe(true)
  })

  test('a connection on which the server speaks unasked is closed', async () => {
    reply = (socket) => socket.write(`${answer(2)}ok`)
    await get(Buffer.alloc(2))
    connections[0]!.write('by the way')
    await closed(connections[0]!)
    expect(await get(Buffer.alloc(2))).toMatchObject({ status: 206 })
  })
})

test('a head is read by name, whatever its letters, and joined where a name comes twice', () => {
  const head = parseHead(
    Buffer.from('HTTP/1.1 200 OK\r\nX-A:  1 \r\nx-a: 2\r\nCONTENT-LENGTH: 5\r\n\r\nhello'),
  )
  expect(head).toMatchObject({ status: 200, reason: 'OK', length: 5, headers: { 'x-a': '1, 2' } })
  expect(parseHead(Buffer.from('HTTP/1.1 200 OK\r\nX: 1\r\n'))).toBeUndefined()
})
