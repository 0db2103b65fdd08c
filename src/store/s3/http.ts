import { setMaxListeners } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import { Readable } from 'node:stream'
import { cancelled } from '../../bytes/abort.ts'
import { isVarveError, VarveError } from '../../errors.ts'
import type { RequestOp, RequestRecord } from '../trace.ts'
import { DirectClient } from './direct.ts'
import { DirectAnswer } from './direct-answer.ts'
import { queryText } from './query.ts'

/** Where the body of a successful answer goes. */
export interface Sink {
  /**
   * Looks at the answer's status and headers and gives the array to fill, exactly; what it throws ends the request
   * before any more bytes come.
   */
  accept(status: number, headers: http.IncomingHttpHeaders): Uint8Array
}

/** What our commands give the handler along with the SDK's own options. */
export interface SendOptions {
  readonly op: RequestOp
  readonly uri: string
  readonly range?: string | undefined
  readonly sink?: Sink | undefined
  /** Is given the body of a successful answer; the SDK sees none, and so parses none. */
  readonly take?: ((body: Buffer) => void) | undefined
  readonly abortSignal?: AbortSignal | undefined
  /** Replaces the store's idle time, for answers that take the server long. */
  readonly idleMs?: number | undefined
  /** Filled in by the handler: the status of the answer, null while there is none, and bytes of its body. */
  readonly seen?: Seen | undefined
}

export interface Seen {
  status: number | null
  bytes: number
}

/** The part of the SDK's request that we send; its own class lives in a package we do not depend on. */
export interface SignedRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Answer {
  readonly statusCode: number
  readonly reason: string | undefined
  readonly headers: Record<string, string>
  readonly body: Readable
}

/** Error and control answers are small; a server that sends more is not S3. */
const MAX_CONTROL_BODY = 64 * 1024 * 1024
/**
 * Bytes that are stored come sooner than answers that take work, and asking for them again costs little: where one
 * connection in thirty falls silent, three in a row must not keep a reader for half a minute.
 */
const GET_IDLE_MS = 5000

/**
 * The SDK's requests over plain node:http. Bodies go from the socket into one preallocated array: the SDK's own
 * stream, with its wrappers and collectors, reached 329 MB/s where this reached 516 on the same machine.
 */
export class LeanHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #http: http.Agent
  readonly #https: https.Agent
  readonly #direct: DirectClient
  readonly #getIdleMs: number

  constructor(
    private readonly idleMs: number,
    private readonly record: (record: RequestRecord) => void,
  ) {
    const options = { keepAlive: true, maxSockets: 64, maxFreeSockets: 64, scheduling: 'lifo' } as const
    this.#http = new http.Agent(options)
    this.#https = new https.Agent(options)
    this.#getIdleMs = Math.min(idleMs, GET_IDLE_MS)
    this.#direct = new DirectClient(this.#getIdleMs)
  }

  async handle(request: SignedRequest, options: SendOptions): Promise<{ response: Answer }> {
    const began = performance.now()
    const seen = options.seen ?? { status: null, bytes: 0 }
    seen.status = null
    seen.bytes = 0
    try {
      const response = (await this.#get(request, options, seen)) ?? (await this.#send(request, options, seen))
      return { response }
    } finally {
      const { op, uri, range = null } = options
      const bytes = op === 'PUT' ? byteLength(request.body) : seen.bytes
      this.record({ op, uri, range, status: seen.status, bytes, ms: performance.now() - began })
    }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {
    this.#http.destroy()
    this.#https.destroy()
    this.#direct.destroy()
  }

  /** A GET over plain HTTP for a sink; undefined when it is another request, or its answer needs node:http. */
  async #get(
    { method, protocol, hostname, port = 80, path, query, headers }: SignedRequest,
    { sink, uri, abortSignal: signal, idleMs }: SendOptions,
    seen: Seen,
  ): Promise<Answer | undefined> {
    if (sink === undefined || method !== 'GET' || protocol !== 'http:' || idleMs !== undefined)
      return undefined
    if (signal?.aborted) throw cancelled(uri, signal)
    if (signal !== undefined) setMaxListeners(0, signal)
    let body: Uint8Array | undefined
    const request = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: path + queryText(query),
      headers,
    }
    try {
      const head = await this.#direct.get(
        request,
        {
          accept({ status, headers, length = 0 }) {
            seen.status = status
            const success = status >= 200 && status < 300
            body = success ? sink.accept(status, headers) : Buffer.alloc(Math.min(length, MAX_CONTROL_BODY))
            if (length !== body.length) throw wrongLength(uri, length, body.length)
            return body
          },
          progress: (bytes) => {
            seen.bytes = bytes
          },
          silent: () => silent(uri, this.#getIdleMs),
        },
        signal,
      )
      if (head === undefined) return undefined
      return new DirectAnswer(head, body)
    } catch (error) {
      if (signal?.aborted) throw cancelled(uri, signal)
      // With an answer on its way, a broken connection is a broken body.
      if (body !== undefined && !isVarveError(error)) throw broken(uri, seen.bytes, body.length)
      throw error
    }
  }

  #send(request: SignedRequest, options: SendOptions, seen: Seen): Promise<Answer> {
    const {
      abortSignal: signal,
      sink,
      take,
      uri,
      idleMs = sink === undefined ? this.idleMs : this.#getIdleMs,
    } = options
    const secure = request.protocol === 'https:'
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled(uri, signal))
      const sent = (secure ? https : http).request({
        method: request.method,
        host: request.hostname.replace(/^\[|\]$/g, ''),
        port: request.port,
        path: request.path + queryText(request.query),
        headers: request.headers,
        agent: secure ? this.#https : this.#http,
        timeout: idleMs,
      })
      const finish = (settle: () => void): void => {
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const fail = (error: unknown): void => {
        finish(() => reject(error))
        sent.destroy()
      }
      const onAbort = (): void => fail(cancelled(uri, signal))
      if (signal !== undefined) {
        // Each request on its way listens to it, and stops when it ends: so many are no leak.
        setMaxListeners(0, signal)
        signal.addEventListener('abort', onAbort, { once: true })
      }
      sent.on('timeout', () => fail(silent(uri, idleMs)))
      let answered: (() => VarveError) | undefined
      // With an answer on its way, a broken connection is a broken body, whichever of the two reports it first.
      sent.on('error', (error) => fail(answered?.() ?? error))
      sent.on('response', (answer) => {
        const status = answer.statusCode ?? 0
        seen.status = status
        const success = status >= 200 && status < 300
        let target: Uint8Array | undefined
        try {
          target = success ? sink?.accept(status, answer.headers) : undefined
        } catch (error) {
          return fail(error)
        }
        const chunks: Buffer[] = []
        let at = 0
        answer.on('data', (chunk: Buffer) => {
          const limit = target?.length ?? MAX_CONTROL_BODY
          if (at + chunk.length > limit) return fail(wrongLength(uri, at + chunk.length, limit))
          if (target === undefined) chunks.push(chunk)
          else target.set(chunk, at)
          at += chunk.length
          seen.bytes = at
        })
        answered = () => broken(uri, at, target?.length)
        answer.on('error', () => fail(answered?.()))
        answer.on('end', () => {
          if (!answer.complete) return fail(answered?.())
          if (target !== undefined && at < target.length) return fail(wrongLength(uri, at, target.length))
          const taken = success && take !== undefined
          if (taken) take(Buffer.concat(chunks))
          const body = Readable.from(taken || chunks.length === 0 ? [] : [Buffer.concat(chunks)])
          const headers = flatten(answer.headers)
          finish(() => resolve({ statusCode: status, reason: answer.statusMessage, headers, body }))
        })
      })
      sent.end(request.body as Uint8Array | string | undefined)
    })
  }
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

function byteLength(body: unknown): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : 0
}

function silent(uri: string, ms: number): VarveError {
  return new VarveError('unavailable', `the server of ${uri} was silent for ${ms} ms`, { uri })
}

function broken(uri: string, got: number, expected: number | undefined): VarveError {
  const of = expected === undefined ? '' : ` of ${expected}`
  return new VarveError('unavailable', `the connection broke after ${got}${of} bytes of ${uri}`, {
    uri,
    got,
    expected,
  })
}

function wrongLength(uri: string, got: number, expected: number): VarveError {
  const more = got > expected ? 'at least ' : ''
  return new VarveError('unavailable', `${uri} gave ${more}${got} bytes, expected ${expected}`, {
    uri,
    got,
    expected,
  })
}
