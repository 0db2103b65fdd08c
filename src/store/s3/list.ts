import { VarveError } from '../../errors.ts'
import type { ListEntry, ListOptions } from '../types.ts'
import type { Connection } from './connection.ts'
import { type Page, parsePage } from './list-page.ts'

/** Keys of a bucket in byte order; whoever wants a second page is given the others while working on those before. */
export async function* listBucket(
  connection: Connection,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry> {
  const uri = `s3://${connection.bucket}/${prefix}`
  const stop = new AbortController()
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])

  async function ask(token: string | undefined): Promise<Page> {
    let body = ''
    const take = (bytes: Buffer): void => {
      body = bytes.toString()
    }
    await connection.request({ op: 'LIST', uri, take, signal: stopped }, (client, sdk, send) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: connection.bucket,
          Prefix: prefix,
          Delimiter: delimiter,
          // XML cannot hold every character of a key.
          EncodingType: 'url',
          ...(token === undefined ? { StartAfter: after } : { ContinuationToken: token }),
        }),
        send,
      ),
    )
    const page = parsePage(body, `s3://${connection.bucket}/`)
    if (page !== undefined) return page
    const message = `${uri} got an answer that no S3 server gives to a listing (from ${connection.server})`
    throw new VarveError('unsupported', message, { uri })
  }

  try {
    let { entries, next } = await ask(undefined)
    // Many look only for the first few keys: the second page is not asked for before someone wants it.
    yield* entries
    for (let coming = next === undefined ? undefined : ask(next); coming !== undefined; ) {
      ;({ entries, next } = await coming)
      coming = next === undefined ? undefined : ask(next)
      // Its failure is told when its turn comes, if it comes.
      coming?.catch(() => {})
      yield* entries
    }
  } finally {
    stop.abort()
  }
}
