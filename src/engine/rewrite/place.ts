/** From places in a syntax tree back to the text it was made of. */

import type { Region } from './regions.ts'
import type { Token } from './tokens.ts'

/** Finds the token at a place that the tree names: a byte of the region's UTF-8. */
type Place = (location: unknown) => number | undefined

export interface Located {
  readonly tokens: readonly Token[]
  readonly indexAt: Place
}

export function place(sql: string, tokens: readonly Token[], region: Region): Located {
  const text = sql.slice(region.start, region.end)
  const bytes = Buffer.from(text)
  const ascii = bytes.length === text.length
  const byStart = new Map(tokens.map((token, i) => [token.start, i]))
  return {
    tokens,
    indexAt(location) {
      if (typeof location !== 'number' || location < 0 || location >= bytes.length) return undefined
      const offset = ascii ? location : bytes.subarray(0, location).toString().length
      return byStart.get(region.start + offset)
    },
  }
}
