import type { SignedRequest } from './http.ts'

/** The query exactly as it was signed: sorted, RFC 3986. */
export function queryText(query: SignedRequest['query']): string {
  const parts: string[] = []
  for (const name of Object.keys(query ?? {}).sort()) {
    const value = query?.[name]
    for (const one of Array.isArray(value) ? value : [value])
      parts.push(one === null || one === undefined ? escapeUri(name) : `${escapeUri(name)}=${escapeUri(one)}`)
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}
