import { VarveError } from '../../errors.ts'
import { compareKeys } from '../keys.ts'
import type { ListEntry, ListOptions } from '../types.ts'
import type { Connection } from './connection.ts'
import { identityOf } from './source.ts'

/** Keys of a bucket in byte order; pages are asked for as they are needed. */
export async function* listBucket(
  connection: Connection,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry> {
  const uri = `s3://${connection.bucket}/${prefix}`
  let token: string | undefined
  do {
    const page = await connection.request({ op: 'LIST', uri, signal }, (client, sdk, send) =>
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
    // A web server's page is XML enough to pass for a listing of nothing.
    if (page.Name === undefined) {
      const message = `${uri} got an answer that no S3 server gives to a listing (from ${connection.server})`
      throw new VarveError('unsupported', message, { uri })
    }
    yield* entriesOf(page, uri)
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}

interface Page {
  readonly Contents?: readonly { Key?: string; Size?: number; ETag?: string; LastModified?: Date }[]
  readonly CommonPrefixes?: readonly { Prefix?: string }[]
}

/** Keys and prefixes of one page in one order. */
function entriesOf(page: Page, uri: string): ListEntry[] {
  const objects = (page.Contents ?? []).map(({ Key = '', Size = 0, ETag, LastModified }) => ({
    key: decode(Key),
    size: Size,
    identity: identityOf(uri, ETag),
    modified: LastModified?.getTime() ?? 0,
  }))
  const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => ({ prefix: decode(Prefix) }))
  const name = (entry: ListEntry): string => ('prefix' in entry ? entry.prefix : entry.key)
  return [...objects, ...prefixes].sort((a, b) => compareKeys(name(a), name(b)))
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
