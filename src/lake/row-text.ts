/** Rows as one line of text, and back: for what is sorted on disk. */

import { deserialize, serialize } from 'node:v8'
import type { Row } from './types.ts'

/** Structured clone's own form: it knows bigints, bytes, NaN and nesting. */
export function rowToText(row: Row): string {
  return serialize(row).toString('base64')
}

export function rowFromText(text: string): Row {
  return deserialize(Buffer.from(text, 'base64')) as Row
}
