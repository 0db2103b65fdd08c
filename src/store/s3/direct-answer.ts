import { Readable } from 'node:stream'
import type { AnswerHead } from './answer-head.ts'

/** An answer whose bytes are where they belong already: few ask for more than its status. */
export class DirectAnswer {
  readonly statusCode: number
  readonly reason: string
  readonly #head: AnswerHead
  readonly #text: Uint8Array | undefined
  #headers: Record<string, string> | undefined
  #body: Readable | undefined

  /** `body`: what an error answer says. */
  constructor(head: AnswerHead, body: Uint8Array | undefined) {
    this.statusCode = head.status
    this.reason = head.reason
    this.#head = head
    this.#text = head.status < 300 ? undefined : body
  }

  get headers(): Record<string, string> {
    return (this.#headers ??= { ...this.#head.headers })
  }

  /** The same stream each time, made for the first. */
  get body(): Readable {
    return (this.#body ??= Readable.from(this.#text === undefined ? [] : [this.#text]))
  }
}
