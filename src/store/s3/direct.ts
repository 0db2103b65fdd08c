import { validateHeaderName, validateHeaderValue } from 'node:http'
import { type AnswerHead, isWhole, parseHead } from './answer-head.ts'
import { type Line, LinePool } from './line-pool.ts'

export interface DirectRequest {
  readonly host: string
  readonly port: number
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface DirectEvents {
  /** The answer has begun; gives the memory for its body, of exactly its length. What it throws ends the request. */
  accept(head: AnswerHead): Uint8Array
  /** Bytes of the body that are there so far. */
  progress(bytes: number): void
  /** The server has not sent anything for the idle time. */
  silent(): Error
}

/** A head of more than this is not S3's. */
const HEAD_BYTES = 64 * 1024

/**
 * GETs over plain HTTP whose bodies go from the socket straight into the memory that they are for.
 *
 * node:http gives a body in pieces of 64 KiB, each new memory that is copied once and then garbage: at 300 MB/s the
 * collector took more time than all else together. It knows nothing but answers that say their length; whatever else
 * comes is left to node:http, which asks again.
 */
export class DirectClient {
  readonly #pool = new LinePool()

  constructor(private readonly idleMs: number) {}

  /**
   * Resolves with the head when the body is there, with undefined when the answer is of another kind; rejects with
   * what `accept` and `silent` gave, with the signal's reason, or with the socket's error.
   */
  async get(
    request: DirectRequest,
    events: DirectEvents,
    signal: AbortSignal | undefined,
  ): Promise<AnswerHead | undefined> {
    const text = requestText(request)
    if (text === undefined) return undefined
    const line = await this.#pool.take(request.host, request.port, signal)
    try {
      const { head, reusable } = await exchange(line, text, events, this.idleMs, signal)
      if (reusable) this.#pool.giveBack(line)
      else this.#pool.drop(line)
      return head
    } catch (error) {
      this.#pool.drop(line)
      throw error
    }
  }

  destroy(): void {
    this.#pool.destroy()
  }
}

/** Undefined for what node:http would refuse or write differently. */
function requestText({ path, headers }: DirectRequest): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(path)) return undefined
  let text = `GET ${path} HTTP/1.1\r\n`
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    text += `${name}: ${value}\r\n`
  }
  return `${text}connection: keep-alive\r\n\r\n`
}

interface Exchanged {
  /** Undefined: an answer that is not of the simple kind. */
  readonly head: AnswerHead | undefined
  readonly reusable: boolean
}

function exchange(
  line: Line,
  text: string,
  events: DirectEvents,
  idleMs: number,
  signal: AbortSignal | undefined,
): Promise<Exchanged> {
  const { socket } = line
  return new Promise((resolve, reject) => {
    let head: AnswerHead | undefined
    let body: Uint8Array = new Uint8Array(0)
    let [at, buffered] = [0, 0]

    const end = (settle: () => void): void => {
      line.listen(undefined)
      signal?.removeEventListener('abort', onAbort)
      socket.setTimeout(0)
      socket.off('timeout', onTimeout)
      socket.off('error', onError)
      socket.off('close', onClose)
      settle()
    }
    const fail = (error: unknown): void => end(() => reject(error))
    const done = (result: Exchanged): void => end(() => resolve(result))
    const onAbort = (): void => fail(signal?.reason ?? new Error('cancelled'))
    const onTimeout = (): void => fail(events.silent())
    const onError = (error: Error): void => fail(error)
    const onClose = (): void => fail(hungUp())

    /** The head is there, or more of it is waited for. */
    const begin = (): void => {
      const bytes = line.scratch.subarray(0, buffered)
      const parsed = parseHead(bytes)
      if (parsed === undefined && buffered < HEAD_BYTES) return
      if (parsed === undefined || !isWhole(parsed)) {
        done({ head: undefined, reusable: false })
        return
      }
      head = parsed
      body = events.accept(parsed)
      const rest = bytes.subarray(parsed.bytes)
      // More than it said, or another length than was asked: nothing of it can be trusted.
      if (body.length !== parsed.length || rest.length > body.length) {
        done({ head: undefined, reusable: false })
        return
      }
      body.set(rest)
      advance(rest.length)
    }
    const advance = (bytes: number): void => {
      at += bytes
      events.progress(at)
      if (head !== undefined && at === body.length) done({ head, reusable: head.keepAlive })
    }

    line.listen({
      room: () => (head === undefined ? line.scratch.subarray(buffered) : body.subarray(at)),
      got(bytes) {
        if (head !== undefined) return advance(bytes)
        buffered += bytes
        try {
          begin()
        } catch (error) {
          fail(error)
        }
      },
    })
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.setTimeout(idleMs)
    socket.on('timeout', onTimeout)
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.write(text, 'latin1')
  })
}

/** What node:http says of a server that closed before its answer was whole. */
function hungUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
