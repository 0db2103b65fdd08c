import type { ExtraColumn } from './extra-bytes.ts'
import type { Compression } from './laz/record.ts'

/** What decoding a file's points needs to know: plain JSON. */
export interface LasDialect {
  readonly version: string
  readonly format: number
  readonly points: number
  readonly pointsStart: number
  readonly recordLength: number
  readonly scale: readonly number[]
  readonly offset: readonly number[]
  /** The header's bounding box: what it claims, not what is so. */
  readonly min: readonly (number | null)[]
  readonly max: readonly (number | null)[]
  readonly extra: readonly ExtraColumn[]
  /** Absent: points stand as they are. */
  readonly compression?: Compression
}
