/**
 * Query-signed S3 URLs (AWS Signature Version 4), so that the bench can make buckets, upload its data and read
 * it with bare node:http: the limit that varve's own store is measured against.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

import { createHash, createHmac } from 'node:crypto'

export interface Account {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
}

const REGION = 'us-east-1'

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A URL for one method on `bucket` or `bucket/key`, good for an hour. */
export function presign(account: Account, method: string, path: string): string {
  const url = new URL(account.endpoint)
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${stamp.slice(0, 8)}/${REGION}/s3/aws4_request`
  const resource = `/${path.split('/').map(encode).join('/')}`
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${account.accessKey}/${scope}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': '3600',
    'X-Amz-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&')
  const canonical = [method, resource, query, `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const text = ['AWS4-HMAC-SHA256', stamp, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
  const key = [stamp.slice(0, 8), REGION, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${account.secretKey}`,
  )
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return `${url.origin}${resource}?${query}&X-Amz-Signature=${signature}`
}
