import type { Row } from '../../types.ts'
import type { HeadReader } from './reader.ts'

export interface HeadReport {
  /** By kind, as HEAD_COLUMNS has them; a kind that does not apply is absent. */
  readonly columns: Readonly<Record<string, Row>>
  /** The head is of a known kind but cannot be read, or not all of it: recorded, not fatal. */
  readonly problem?: string
}

/** Decodes the head of one format; whatever it throws becomes the report's problem. */
export type Decoder = (reader: HeadReader) => Promise<HeadReport>
