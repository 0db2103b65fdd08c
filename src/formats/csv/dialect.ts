import type { TextLayout } from '../text/types.ts'

/** How the records of one file are written: plain JSON, kept in `TextLayout.dialect`. */
export interface CsvDialect {
  /** One to four bytes of UTF-8. */
  readonly delim: string
  /** One ASCII character, or '' for none; so are `escape` and `comment`. */
  readonly quote: string
  readonly escape: string
  readonly comment: string
  readonly newline: '\n' | '\r' | '\r\n'
  /** Fields of every record. */
  readonly fields: number
  /** Texts that stand for NULL, quoted or not. */
  readonly nulls: readonly string[]
  readonly quotedNulls: boolean
  /** Missing fields at a record's end are NULL instead of an error. */
  readonly padding: boolean
  /** strptime formats; '' means ISO 8601. */
  readonly dateFormat: string
  readonly timestampFormat: string
  readonly decimal: '.' | ','
  /** The longest record, in bytes. */
  readonly maxLineSize: number
}

export function dialectOf(layout: TextLayout): CsvDialect {
  return layout.dialect as unknown as CsvDialect
}
