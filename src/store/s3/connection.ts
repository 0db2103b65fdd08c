import type { S3Client } from '@aws-sdk/client-s3'
import type { Meter } from '../../bytes/meter.ts'
import { type ReadRetryOptions, retry } from '../../bytes/retry.ts'
import { throwIfAborted } from '../../errors.ts'
import { recordRequest } from '../trace.ts'
import type { SignedGet, Signer } from '../types.ts'
import { s3Error } from './errors.ts'
import type { LeanHandler, Seen, SendOptions } from './http.ts'
import type { S3Settings } from './settings.ts'

type Sdk = typeof import('./sdk.ts')

export interface ConnectionOptions {
  readonly meter?: Meter | undefined
  readonly retry?: ReadRetryOptions | false | undefined
  readonly idleMs?: number | undefined
  /** Another thread that signs what reads objects, so that this one need not load the SDK. */
  readonly signer?: Signer | undefined
}

export interface RequestOptions extends Omit<SendOptions, 'abortSignal'> {
  readonly signal?: AbortSignal | undefined
}

/** One step of work: a command sent with the options it was given. */
export type Step<T> = (client: S3Client, sdk: Sdk, send: SendOptions) => Promise<T>

/** A bucket's client, made when the first request needs it. */
export class Connection {
  readonly server: string
  readonly retry: ReadRetryOptions
  /** False once the server refused a signed URL where it took a signed request. */
  urlsWork = true
  /** Requests that read objects, by their keys, signed at that time: many sources of one object share one. */
  readonly signed = new Map<string, { readonly request: Promise<SignedGet>; readonly at: number }>()
  readonly signer: Signer | undefined
  readonly #idleMs: number
  readonly #meter: Meter | undefined
  #handler: Promise<LeanHandler> | undefined
  #client: Promise<{ client: S3Client; sdk: Sdk }> | undefined

  constructor(
    readonly bucket: string,
    private readonly settings: S3Settings,
    { meter, retry: tries, idleMs = 10_000, signer }: ConnectionOptions,
  ) {
    this.server = settings.endpoint?.origin ?? 'AWS'
    this.retry = tries === false ? { attempts: 1 } : (tries ?? {})
    this.signer = signer
    this.#idleMs = idleMs
    this.#meter = meter
  }

  /** Does a step once; what goes wrong comes out as a VarveError. */
  async once<T>(options: RequestOptions, step: (send: SendOptions) => Promise<T>): Promise<T> {
    const { signal, ...rest } = options
    throwIfAborted(signal)
    const seen: Seen = { status: null, bytes: 0 }
    const send: SendOptions = { ...rest, abortSignal: signal, seen }
    try {
      return await step(send)
    } catch (error) {
      throw s3Error(error, { uri: options.uri, server: this.server, status: seen.status })
    }
  }

  /** Sends a command of the SDK once. */
  async command<T>(options: RequestOptions, step: Step<T>): Promise<T> {
    return this.once(options, async (send) => {
      const { client, sdk } = await this.client()
      return step(client, sdk, send)
    })
  }

  /** Sends a command, and again when it fails in a way that passes. */
  async request<T>(options: RequestOptions, step: Step<T>): Promise<T> {
    return retry(() => this.command(options, step), { ...this.retry, signal: options.signal })
  }

  client(): Promise<{ client: S3Client; sdk: Sdk }> {
    return (this.#client ??= this.#connect())
  }

  /** What sends the requests; loaded, node's HTTP with it, by the first one: most threads read local files only. */
  handler(): Promise<LeanHandler> {
    return (this.#handler ??= import('./http.ts').then(
      ({ LeanHandler }) => new LeanHandler(this.#idleMs, (record) => recordRequest(record, this.#meter)),
    ))
  }

  async close(): Promise<void> {
    this.#client = undefined
    this.signed.clear()
    const handler = await this.#handler
    handler?.destroy()
  }

  async #connect(): Promise<{ client: S3Client; sdk: Sdk }> {
    // The SDK prints a farewell to this node version on stderr, where only our own words belong.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
    const [sdk, handler] = await Promise.all([import('./sdk.ts'), this.handler()])
    const { endpoint, pathStyle, region, keys } = this.settings
    const client = new sdk.S3Client({
      ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
      ...(region === undefined ? {} : { region }),
      ...(keys === undefined ? {} : { credentials: keys }),
      forcePathStyle: pathStyle,
      followRegionRedirects: true,
      // One try: the SDK's own retry would turn a put that won, but whose answer was lost, into a lost race.
      maxAttempts: 1,
      // Many servers do not know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
      requestHandler: handler as unknown as NonNullable<
        ConstructorParameters<typeof sdk.S3Client>[0]
      >['requestHandler'],
    })
    return { client, sdk }
  }
}
