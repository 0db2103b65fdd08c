/**
 * Inflating a whole gzip file in one thread and reading its records in another: the one file that no second
 * thread could help with otherwise. Chunks travel by transfer and come back as credit.
 */

import type { MessagePort } from 'node:worker_threads'
import { type ErrorJson, errorFromJson, errorToJson, VarveError } from '../errors.ts'
import { type Trailer, TrailerCheck } from '../formats/gzip/index.ts'
import type { AccessPoint } from '../formats/gzip/types.ts'
import type { LocalSupply } from '../formats/text/supply.ts'
import type { RawSupply } from '../formats/text/window.ts'

const CHUNK = 512 * 1024
/** Chunks on their way, once the reader has shown that it wants more than the first rows. */
const AHEAD = 6
const PATIENT_CHUNKS = 3

type Answer =
  | {
      readonly bytes: Uint8Array
      readonly rawOffset: number
      readonly sourceOffset: number
      readonly points: readonly AccessPoint[]
      readonly trailers: readonly Trailer[]
      readonly done: boolean
      readonly progress: number
    }
  | { readonly error: ErrorJson }

/** Credit for one more chunk, with a buffer for it when one is free. */
interface Credit {
  readonly chunks: number
  readonly buffer?: ArrayBuffer
}

/** Sends what `open` supplies over the port, as far ahead as it is allowed; ends when the other side closes. */
export async function serveRelay(
  port: MessagePort,
  open: (onProgress: (bytes: number) => void, signal: AbortSignal) => LocalSupply,
): Promise<void> {
  const abort = new AbortController()
  const free: ArrayBuffer[] = []
  let credit = 0
  let progress = 0
  let wake: () => void = () => undefined
  port.on('message', ({ chunks, buffer }: Credit) => {
    credit += chunks
    if (buffer !== undefined) free.push(buffer)
    wake()
  })
  port.on('close', () => {
    abort.abort()
    wake()
  })
  let supply: LocalSupply | undefined
  try {
    supply = open((bytes) => {
      progress += bytes
    }, abort.signal)
    for (;;) {
      while (credit === 0 && !abort.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (abort.signal.aborted) return
      credit--
      const buffer = free.pop() ?? new ArrayBuffer(CHUNK)
      const fill = await fillChunk(supply, new Uint8Array(buffer))
      const { rawOffset, sourceOffset, done } = supply
      const points = supply.takePoints()
      const trailers = supply.takeTrailers()
      const bytes = new Uint8Array(buffer, 0, fill)
      const answer: Answer = { bytes, rawOffset, sourceOffset, points, trailers, done, progress }
      port.postMessage(answer, [buffer])
      progress = 0
      if (done) return
    }
  } catch (error) {
    port.postMessage({ error: errorToJson(error) } satisfies Answer)
  } finally {
    supply?.close()
  }
}

async function fillChunk(supply: RawSupply, out: Uint8Array): Promise<number> {
  let fill = 0
  while (fill < out.length) {
    const wrote = supply.read(out, fill, out.length)
    fill += wrote
    if (wrote > 0) continue
    if (supply.done) break
    await supply.more()
  }
  return fill
}

/** What `serveRelay` sends, on the other side of the port. */
export class RelayedSupply implements RawSupply {
  readonly #port: MessagePort
  readonly #onProgress: ((bytes: number) => void) | undefined
  readonly #arrived: Answer[] = []
  readonly exhausted = false
  readonly pieceEnd = undefined
  #wake: () => void = () => undefined
  #asked = 0
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #last = false
  #rawEnd = 0
  #sourceEnd = 0
  #points: AccessPoint[] = []
  readonly #check = new TrailerCheck()

  constructor(port: MessagePort, signal: AbortSignal | undefined, onProgress?: (bytes: number) => void) {
    this.#port = port
    this.#onProgress = onProgress
    port.on('message', (answer: Answer) => {
      this.#arrived.push(answer)
      this.#wake()
    })
    const stop = (): void => {
      const aborted = new VarveError('aborted', 'the scan was cancelled')
      this.#arrived.push({ error: errorToJson(aborted) })
      this.#wake()
    }
    signal?.addEventListener('abort', stop, { once: true })
  }

  read(out: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, this.#chunk.length - this.#at)
    out.set(this.#chunk.subarray(this.#at, this.#at + length), start)
    this.#check.push(out, start, start + length)
    this.#at += length
    return length
  }

  async more(): Promise<void> {
    this.#asked++
    const buffer = this.#chunk.buffer as ArrayBuffer
    const spent = buffer.byteLength > 0 ? [buffer] : []
    const chunks = this.#asked === PATIENT_CHUNKS ? AHEAD : 1
    this.#port.postMessage({ chunks, ...(spent.length > 0 && { buffer }) } satisfies Credit, spent)
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const answer = this.#arrived.shift()!
    if ('error' in answer) throw errorFromJson(answer.error)
    this.#chunk = answer.bytes
    this.#at = 0
    this.#last = answer.done
    this.#rawEnd = answer.rawOffset
    this.#sourceEnd = answer.sourceOffset
    this.#points.push(...answer.points)
    this.#check.add(answer.trailers)
    this.#onProgress?.(answer.progress)
  }

  get done(): boolean {
    return this.#last && this.#at === this.#chunk.length
  }

  get rawOffset(): number {
    return this.#rawEnd - (this.#chunk.length - this.#at)
  }

  get sourceOffset(): number {
    return this.#sourceEnd
  }

  takePoints(): AccessPoint[] {
    return this.#points.splice(0)
  }

  close(): void {
    this.#port.close()
  }
}
