import type { SignedGet, Signer } from '../store/index.ts'
import type { Sign } from './messages.ts'

/** Questions of a decoding thread to the one that gives it its tasks: who signs has loaded the AWS SDK. */
export class Signing {
  readonly #waiting = new Map<number, (request: SignedGet | undefined) => void>()
  #next = 1

  constructor(private readonly send: (message: Sign) => void) {}

  readonly ask: Signer = (uri) =>
    new Promise((resolve) => {
      const question = this.#next++
      this.#waiting.set(question, resolve)
      this.send({ type: 'sign', question, uri })
    })

  answer(question: number, request: SignedGet | undefined): void {
    this.#waiting.get(question)?.(request)
    this.#waiting.delete(question)
  }
}
